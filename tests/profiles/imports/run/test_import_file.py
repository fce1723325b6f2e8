"""`manage.py import_file`: what it prints, and when it says no."""

import json

import pytest
from django.core.management import CommandError, call_command
from procrastinate.contrib.django.models import ProcrastinateJob

from profiles.imports.run import runs, tasks
from profiles.models import FileImport, Mapping, Profile, SourceIdentity
from profiles.models.sources import ImportState
from tests.builders import source
from tests.profiles.imports.building import CUSTOMER, customers, proposed, some_customers, some_order_lines

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.KENDT_FILES = tmp_path / "stored"
    (tmp_path / "crm.json").write_text(json.dumps(CUSTOMER))
    (tmp_path / "crm.csv").write_bytes(some_customers(5))
    source("crm")
    return tmp_path


@pytest.fixture
def run(files, capsys):
    def call(*arguments, file="crm.csv", code="crm") -> str:
        call_command("import_file", str(files / file), "--source", code, *arguments)
        return capsys.readouterr().out

    return call


def test_a_file_is_loaded_by_a_mapping_that_is_kept(run, files):
    said = run("--mapping", "customers", "--save-mapping", str(files / "crm.json"))

    assert "Import done. 5 rows: 5 new, 0 updated, 0 unchanged, 0 rejected." in said
    assert Mapping.objects.get().spec == CUSTOMER
    assert Profile.objects.count() == 5


def test_the_same_file_again_changes_nothing_and_shows_the_first_receipt(run, files):
    run("--mapping", "customers", "--save-mapping", str(files / "crm.json"))

    said = run("--mapping", "customers")

    assert "loaded already" in said
    assert "5 new" in said
    assert FileImport.objects.count() == 1


def test_a_dry_run_changes_nothing(run, files):
    said = run("--mapping", "customers", "--save-mapping", str(files / "crm.json"), "--dry-run")

    assert "Dry run: nothing was changed. 5 rows: 5 new" in said
    assert SourceIdentity.objects.count() == 0
    assert list((files / "stored" / "imports").iterdir()) == []


def test_rejected_rows_are_written_to_a_file_that_only_its_owner_reads(run, files):
    (files / "crm.csv").write_bytes(customers(["1", "a@example.dk", "Anna", "", "many"], ["2", "", "", "", ""]))

    said = run("--mapping", "c", "--save-mapping", str(files / "crm.json"), "--rejects", str(files / "bad.csv"))

    assert "1 new, 0 updated, 0 unchanged, 1 rejected" in said
    assert "not_a_number" in (files / "bad.csv").read_text()
    assert (files / "bad.csv").stat().st_mode & 0o777 == 0o600


def test_the_rejected_rows_of_a_file_that_was_loaded_before_are_written_too(run, files):
    (files / "crm.csv").write_bytes(customers(["1", "a@example.dk", "Anna", "", "many"]))
    run("--mapping", "c", "--save-mapping", str(files / "crm.json"))

    run("--mapping", "c", "--rejects", str(files / "bad.csv"))

    assert "not_a_number" in (files / "bad.csv").read_text()


def test_an_interrupted_load_goes_on_by_the_same_command(run, files, monkeypatch):
    monkeypatch.setattr(runs, "BLOCK_ROWS", 2)
    run("--mapping", "customers", "--save-mapping", str(files / "crm.json"), "--dry-run")
    file_import = runs.start(file_import=proposed(some_customers(5), Mapping.objects.get()))
    runs.run(file_import=file_import, progress=lambda done: runs.pause(file_import=file_import))

    said = run("--mapping", "customers")

    assert "Going on after row 2." in said
    assert "5 rows: 5 new" in said


def test_format_is_declared_by_options(run, files):
    (files / "crm.csv").write_bytes("x\nid\temail\tname\tcity\tpoints\n1\t\tÅse\tKøge\t1,5\n".encode("cp1252"))

    run(
        "--mapping", "c", "--save-mapping", str(files / "crm.json"),
        "--encoding", "cp1252", "--separator", "tab", "--decimal", ",", "--skip", "1",
    )  # fmt: skip

    golden = Profile.objects.get().golden.values_list("text", "number")
    assert {str(number or text) for text, number in golden if text or number} >= {"Køge", "1.500000"}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"code": "shop"}, "There is no source shop. Known are: .*crm"),
        ({"file": "none.csv"}, "none.csv: No such file"),
        ({"mapping": "unknown"}, "has no mapping unknown .* docs/integrations.md"),
        ({"spec": "not json"}, "is no JSON"),
        ({"spec": '{"external_id": "number"}'}, "/external_id: The file has no column number"),
        ({"spec": '{"external_id": "id", "colour": "x"}'}, "colour is not known here"),
        ({"arguments": ["--dry-run", "--rejects", "bad.csv"]}, "A dry run keeps no rows"),
        ({"arguments": ["--party", "2"]}, "needs an agreement in force"),
        ({"arguments": ["--encoding", "klingon"]}, "klingon is not known"),
        ({"arguments": ["--encoding", "utf-16-le"]}, "The file has no column id"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_loads_nothing(run, files, options, complaint):
    spec = options.get("spec", json.dumps(CUSTOMER))
    (files / "crm.json").write_text(spec)
    keep = [] if "mapping" in options else ["--save-mapping", str(files / "crm.json")]
    names = {name: value for name, value in options.items() if name in {"code", "file"}}

    with pytest.raises(CommandError, match=complaint):
        run("--mapping", options.get("mapping", "m"), *keep, *options.get("arguments", []), **names)
    assert SourceIdentity.objects.count() == 0
    assert list((files / "stored").glob("imports/*")) == []


def test_a_job_goes_on_with_an_import_whose_process_died(files):
    file_import = runs.start(
        file_import=proposed(some_order_lines(20), {"event": {"name": "x", "occurred_at": "when"}})
    )

    tasks.take_up_imports(timestamp=0)
    tasks.take_up_imports(timestamp=60)

    (job,) = ProcrastinateJob.objects.filter(task_name="profiles.run_import")
    tasks.run_import(**job.args)
    file_import.refresh_from_db()
    assert file_import.state == ImportState.DONE
    tasks.run_import(**job.args)  # a second job of the same import finds nothing to do
