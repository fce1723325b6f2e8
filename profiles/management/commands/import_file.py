"""Load a file of customers, events or consents into a source."""

import hashlib
import json
import time
from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from cdp.base.errors import Refused
from cdp.base.progress import Progress
from profiles.imports.errors import AlreadyLoaded
from profiles.imports.run import guards, rejects, runs
from profiles.models import FileImport, Mapping, Source
from profiles.models.sources import ImportState, RowKind

COUNTS = {
    "new": "rows_new",
    "updated": "rows_updated",
    "unchanged": "rows_unchanged",
    "rejected": "rows_rejected",
}


class Command(BaseCommand):
    help = (
        "Load a CSV, NDJSON or Parquet file (.gz and .zip too) into a source. The same command goes on with a load "
        "that was interrupted; the same file again changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="code of the source")
        parser.add_argument("--mapping", required=True, help="name of the kept mapping; with --save-mapping, to keep")
        parser.add_argument("--save-mapping", type=Path, metavar="SPEC.json", help="keep this mapping under the name")
        parser.add_argument("--rows", choices=RowKind.values, help="what rows are, for --save-mapping")
        parser.add_argument("--encoding", help="instead of the detected one: utf-8, utf-16-le, windows-1252, latin-1")
        parser.add_argument("--separator", help="instead of the detected one; tab may be written as tab")
        parser.add_argument("--decimal", choices=[".", ","], help="instead of the detected one")
        parser.add_argument("--no-header", action="store_true", help="the first row holds values, not names")
        parser.add_argument("--skip", type=int, default=0, help="lines before the header")
        parser.add_argument("--party", type=int, choices=[0, 1, 2, 3], help="instead of the source's")
        parser.add_argument(
            "--agreement-version", type=UUID, help="agreement version, for data of partners and suppliers"
        )
        parser.add_argument("--dry-run", action="store_true", help="count what would happen, and change nothing")
        parser.add_argument("--rejects", type=Path, metavar="OUT.csv", help="write the rejected rows here")

    def handle(self, *args, **options):
        try:
            self._load(options)
        except AlreadyLoaded as again:
            self._tell(again.receipt, str(again))
            self._write_rejects(again.receipt, options["rejects"])
        except Refused as refusal:
            details = [f"  {error['pointer']}: {error['detail']}" for error in refusal.errors]
            raise CommandError("\n".join([str(refusal), *details])) from None
        except OSError as trouble:
            raise CommandError(f"{trouble.filename}: {trouble.strerror}") from None

    def _load(self, options: dict) -> None:
        if options["dry_run"] and options["rejects"]:
            raise CommandError("A dry run keeps no rows, so there are none to write: leave out --rejects or --dry-run.")
        source = Source.objects.filter(code=options["source"]).first()
        if source is None:
            known = ", ".join(Source.objects.values_list("code", flat=True))
            raise CommandError(f"There is no source {options['source']}. Known are: {known}.")
        mapping = self._mapping(source, options)
        file_import = self._batch(source, mapping, options)
        try:
            self._run(file_import, options)
        except Refused:
            if file_import.state in runs.OPEN:
                runs.cancel(file_import=file_import)
            raise

    def _run(self, file_import: FileImport, options: dict) -> None:
        if options["dry_run"]:
            self._tell(self._with_progress(file_import, runs.check), "Dry run: nothing was changed.")
            runs.cancel(file_import=file_import)
            return
        if file_import.state != ImportState.RUNNING:
            file_import = (
                runs.start(file_import=file_import)
                if file_import.state in runs.OPEN
                else runs.resume(file_import=file_import)
            )
        file_import = self._with_progress(file_import, runs.run)
        self._tell(file_import, f"Import {file_import.get_state_display()}.")
        self._write_rejects(file_import, options["rejects"])

    def _mapping(self, source: Source, options: dict) -> Mapping:
        if path := options["save_mapping"]:
            try:
                spec = json.loads(path.read_text())
            except ValueError as trouble:
                raise CommandError(f"{path} is no JSON: {trouble}") from None
            rows = options["rows"] or (RowKind.EVENTS if "event" in spec else RowKind.CUSTOMERS)
            return runs.remember_mapping(source=source, name=options["mapping"], rows=rows, spec=spec)
        found = Mapping.objects.filter(source=source, name=options["mapping"]).first()
        if found is None:
            known = ", ".join(source.mappings.values_list("name", flat=True)) or "none"
            raise CommandError(
                f"The source {source.code} has no mapping {options['mapping']} (there are: {known}). Write one as "
                "docs/integrations.md says and give it by --save-mapping."
            )
        return found

    def _batch(self, source: Source, mapping: Mapping, options: dict) -> FileImport:
        """The import to go on with, or a new one."""
        with options["file"].open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if file_import := runs.unfinished(source=source, mapping=mapping, sha256=sha256):
                self.stdout.write(f"Going on after row {file_import.rows_done}.")
                return file_import
            guards.refuse_loaded(source=source, mapping=mapping, sha256=sha256)
            file_import = runs.propose(
                file=file,
                file_name=options["file"].name,
                source=source,
                by=None,
                party=options["party"],
                agreement_version=options["agreement_version"],
                declared=self._declared(options),
            )
        return runs.describe(file_import=file_import, mapping=mapping)

    def _declared(self, options: dict) -> dict:
        separator = {"tab": "\t", "\\t": "\t"}.get(options["separator"], options["separator"])
        declared = {"encoding": options["encoding"], "separator": separator, "decimal": options["decimal"]}
        return declared | {"header": False if options["no_header"] else None, "skip": options["skip"] or None}

    def _with_progress(self, file_import: FileImport, verb) -> FileImport:
        began = time.monotonic()
        first = file_import.rows_done
        with Progress("import_file") as progress:
            progress.begin("rows", total=file_import.rows_total or 0, done=first)
            file_import = verb(file_import=file_import, progress=progress.reach)
        seconds = max(time.monotonic() - began, 0.001)
        self.stdout.write(
            f"{file_import.rows_done - first} rows in {seconds:.1f} s, "
            f"{(file_import.rows_done - first) / seconds:.0f} rows/s"
        )
        return file_import

    def _tell(self, file_import: FileImport, sentence: str) -> None:
        counts = ", ".join(f"{getattr(file_import, field)} {word}" for word, field in COUNTS.items())
        self.stdout.write(f"{sentence} {file_import.rows_done} rows: {counts}.")
        for column, count in file_import.samples.get("left_out", {}).items():
            self.stdout.write(f"{count} values in {column} are no valid identifiers and were left out.")

    def _write_rejects(self, file_import: FileImport, path: Path | None) -> None:
        if not file_import.rows_rejected:
            return
        if path is None:
            self.stdout.write("Give --rejects OUT.csv to get the rejected rows with what is wrong in each.")
            return
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            out.writelines(rejects.lines(file_import=file_import, by=None))
        path.chmod(0o600)
        self.stdout.write(f"Rejected rows are in {path}. Correct them and load that file with the same mapping.")
