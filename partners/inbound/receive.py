"""A partner's file in: accepted only under an agreement in force, for an agreed purpose, and of it only agreed columns.

The rest is an import like any other (`profiles.imports`), second-party and under the version's id; the gate in
`partners.inbound.admission` is asked again for each block that is stored.
"""

from hashlib import sha256
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.errors import Refused
from partners.agreements.status import status
from partners.inbound import admission
from partners.models import Agreement, Direction, InboundFile, Partner
from partners.sharing.decision import NotPermitted, judge
from profiles.imports.mapping import specification
from profiles.imports.run import runs
from profiles.models import FileImport, Mapping, Namespace, Source
from profiles.models.reference import NamespaceRole, Normaliser
from profiles.models.sources import ImportState, Party, RowKind, SourceKind

TRUST = 30
LONGEST_CODE = Source._meta.get_field("code").max_length
LONGEST_NAME = Mapping._meta.get_field("name").max_length
#: A file that was begun or loaded; an abandoned one may be sent again.
TAKEN = [ImportState.WAITING, ImportState.CHECKED, ImportState.RUNNING, ImportState.PAUSED, ImportState.DONE]


class NoExternalId(Refused):
    code = "no_external_id"
    status = 422
    sentence = gettext_lazy("Say which column holds the partner's own number of a person.")


class NotAPartnersImport(Refused):
    code = "not_a_partner_file"
    sentence = gettext_lazy("Files of partners are received under an agreement: Partners, Files received.")


class NotThePartners(Refused):
    code = "not_the_partners_source"
    sentence = gettext_lazy(
        "The source “%(code)s” is made for something else, and files of the partner need this code."
    )


@transaction.atomic
def receive(
    *, agreement: Agreement, purpose, file: BinaryIO, file_name: str, by, spec: dict | None = None, declared=None
) -> InboundFile:
    """Take a file of one row a person; check and load it with `profiles.imports.run.runs`.

    spec: a mapping (docs/integrations.md); None proposes one from the names of the columns. Columns that the agreement
    does not let in are dropped from it and listed. The same file again gives the first receipt and changes nothing.
    Raises NotPermitted, NoExternalId, NotThePartners, or what reading the file raises.
    """
    current = status(agreement)
    if denials := judge(current, agreement=agreement, purpose=purpose, columns=[], direction=Direction.IN):
        raise NotPermitted(denials)
    version = current.version
    source = source_of(_held(agreement.partner))
    file_import = runs.propose(
        file=file,
        file_name=file_name,
        source=source,
        by=by,
        party=Party.SECOND,
        agreement_version=version.pk,
        declared=declared,
    )
    if receipt := _received(agreement, purpose, file_import):
        runs.cancel(file_import=file_import)
        file_import.delete()
        return receipt
    inbound = InboundFile(version=version, file_import=file_import, purpose=purpose, received_by=by)
    return _described(inbound, spec or _known(source, version, purpose) or _proposed(file_import))


@transaction.atomic
def describe(inbound: InboundFile, *, spec: dict) -> InboundFile:
    """Say anew what the columns of a received file mean, before it is loaded."""
    return _described(InboundFile.objects.select_for_update().get(pk=inbound.pk), spec)


def _described(inbound: InboundFile, spec: dict) -> InboundFile:
    """The file with the agreed part of a mapping; the columns that it does not read are listed as dropped."""
    spec = narrowed(spec, admission.fields_in(admission.standing_terms(inbound.version_id), inbound.purpose))
    kept = _kept_mapping(inbound.file_import.source, inbound.version, inbound.purpose, spec)
    runs.describe(file_import=inbound.file_import, mapping=kept)
    inbound.dropped_columns = _dropped(inbound.file_import, spec)
    inbound.save(update_fields=None if inbound._state.adding else ["dropped_columns"])
    return inbound


def narrowed(spec: dict, allowed: set[str]) -> dict:
    """A mapping without what may not come in. Decisions and events of people never come by this way."""
    if "external_id" not in spec:
        raise NoExternalId
    fields = {admission.plain(code) for code in allowed}
    kept = {name: spec[name] for name in ("external_id", "observed_at", "when") if name in spec}
    for place in ("identifiers", "traits"):
        if cells := {code: cell for code, cell in spec.get(place, {}).items() if admission.plain(code) in fields}:
            kept[place] = cells
    return kept


def _held(partner: Partner) -> Partner:
    """The partner, whose files are received one after the other: the same one twice at once is received once."""
    return Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)


def source_of(partner: Partner) -> Source:
    """The source that a partner is: second-party, of little trust, with numbers of its own that join nobody.

    The partner is held. Raises NotThePartners where somebody made a source by this code for something else.
    """
    code = _within(f"partner-{partner.key}", most=LONGEST_CODE)
    if found := Source.objects.filter(code=code).select_related("namespace").first():
        if (found.party, found.namespace.code) != (Party.SECOND, f"{code}-no"):
            raise NotThePartners(code=code)
        return found
    namespace, _made = Namespace.objects.get_or_create(
        code=f"{code}-no",
        defaults={
            "title": _("Number at %(partner)s") % {"partner": partner.public_name},
            "role": NamespaceRole.EVIDENCE,
            "normaliser": Normaliser.LOGIN,
            "priority": 9,
        },
    )
    return Source.objects.create(
        code=code,
        title=partner.public_name,
        kind=SourceKind.FILE,
        party=Party.SECOND,
        trust=TRUST,
        namespace=namespace,
        default_country=partner.country,
    )


def refuse_unless_agreed(*, file_import: FileImport) -> None:
    """Asked by every import of second-party data before it is checked, started or resumed.

    Raises NotUnderAgreement, NotAPartnersImport.
    """
    if not InboundFile.objects.filter(file_import=file_import, version=file_import.agreement_version).exists():
        raise NotAPartnersImport
    admission.standing_terms(file_import.agreement_version)


def _received(agreement: Agreement, purpose, file_import: FileImport) -> InboundFile | None:
    same = InboundFile.objects.filter(
        version__agreement=agreement,
        purpose=purpose,
        file_import__sha256=file_import.sha256,
        file_import__state__in=TAKEN,
    )
    return same.exclude(file_import=file_import).order_by("id").first()


def _known(source: Source, version, purpose) -> dict | None:
    """The mapping of the partner's last file, where there was one."""
    found = Mapping.objects.filter(source=source, name=_name(version, purpose)).first()
    return found and found.spec


def _proposed(file_import: FileImport) -> dict:
    """By the names of the columns; the first is the partner's own number unless another is called so."""
    columns = file_import.format["columns"]
    return {"external_id": columns[0]} | specification.propose(columns, rows=RowKind.CUSTOMERS)


def _kept_mapping(source: Source, version, purpose, spec: dict) -> Mapping:
    return runs.remember_mapping(
        source=source, name=_name(version, purpose), rows=RowKind.CUSTOMERS, spec=spec, reason=_("A file was received.")
    )


def _name(version, purpose) -> str:
    return _within(f"{version.agreement.number} v{version.number} {purpose.key}", most=LONGEST_NAME)


def _within(text: str, *, most: int) -> str:
    """The text, or as much of it as fits before a digest that tells it from all others."""
    return text if len(text) <= most else f"{text[: most - 9]}-{sha256(text.encode()).hexdigest()[:8]}"


def _dropped(file_import: FileImport, spec: dict) -> list[str]:
    read = {column for _pointer, cell in specification.cells_of(spec) for column in specification.columns_in(cell)}
    read |= {condition["column"] for condition in spec.get("when", [])}
    return [column[:200] for column in file_import.format["columns"] if column not in read]
