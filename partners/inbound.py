"""A partner's file in: accepted only under an agreement in force, for an agreed purpose, and of it only agreed columns.

The rest is an import like any other (`profiles.imports`), second-party and under the version's id; the gate in
`partners.intake` is asked again for each block that is stored.
"""

from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.kit.refused import Refused
from partners import intake
from partners.deliveries import NotPermitted
from partners.models import Agreement, Direction, InboundFile, Partner
from partners.sharing import judge
from partners.status import status
from profiles.imports import mapping, runs
from profiles.models import Batch, Mapping, Namespace, Source
from profiles.models.sources import BatchState, Party, RowKind, SourceKind

TRUST = 30
#: A file that was begun or loaded; an abandoned one may be sent again.
TAKEN = [BatchState.WAITING, BatchState.CHECKED, BatchState.RUNNING, BatchState.PAUSED, BatchState.DONE]


class NoExternalId(Refused):
    code = "no_external_id"
    status = 422
    sentence = gettext_lazy("Say which column holds the partner's own number of a person.")


class NotAPartnersImport(Refused):
    code = "not_a_partner_file"
    sentence = gettext_lazy("Files of partners are received under an agreement: Partners, Files received.")


@transaction.atomic
def receive(
    *, agreement: Agreement, purpose, file: BinaryIO, file_name: str, by, spec: dict | None = None, declared=None
) -> InboundFile:
    """Take a file of one row a person; check and load it with `profiles.imports.runs`.

    spec: a mapping (docs/integrations.md); None proposes one from the names of the columns. Columns that the agreement
    does not let in are dropped from it and listed. The same file again gives the first receipt and changes nothing.
    Raises NotPermitted, NoExternalId, or what reading the file raises.
    """
    current = status(agreement)
    if denials := judge(current, agreement=agreement, purpose=purpose, columns=[], direction=Direction.IN):
        raise NotPermitted(denials)
    version = current.version
    source = source_of(agreement.partner, by=by)
    batch = runs.propose(
        file=file, file_name=file_name, source=source, by=by, party=Party.SECOND, terms=version.pk, declared=declared
    )
    if receipt := _received(agreement, purpose, batch):
        runs.cancel(batch=batch)
        batch.delete()
        return receipt
    inbound = InboundFile(version=version, batch=batch, purpose=purpose, received_by=by)
    return _described(inbound, spec or _known(source, version, purpose) or _proposed(batch))


@transaction.atomic
def describe(inbound: InboundFile, *, spec: dict) -> InboundFile:
    """Say anew what the columns of a received file mean, before it is loaded."""
    return _described(InboundFile.objects.select_for_update().get(pk=inbound.pk), spec)


def _described(inbound: InboundFile, spec: dict) -> InboundFile:
    """The file with the agreed part of a mapping; the columns that it does not read are listed as dropped."""
    spec = narrowed(spec, intake.fields_in(intake.standing_terms(inbound.version_id), inbound.purpose))
    kept = _kept_mapping(inbound.batch.source, inbound.version, inbound.purpose, spec)
    runs.describe(batch=inbound.batch, mapping=kept)
    inbound.dropped_columns = _dropped(inbound.batch, spec)
    inbound.save(update_fields=None if inbound._state.adding else ["dropped_columns"])
    return inbound


def narrowed(spec: dict, allowed: set[str]) -> dict:
    """A mapping without what may not come in. Decisions and events of people never come by this way."""
    if "external_id" not in spec:
        raise NoExternalId
    fields = {intake.plain(code) for code in allowed}
    kept = {name: spec[name] for name in ("external_id", "observed_at", "when") if name in spec}
    for place in ("identifiers", "traits"):
        if cells := {code: cell for code, cell in spec.get(place, {}).items() if intake.plain(code) in fields}:
            kept[place] = cells
    return kept


def source_of(partner: Partner, *, by) -> Source:
    """The source that a partner is: second-party, of little trust, with numbers of its own that join nobody."""
    code = f"partner-{partner.key}"[:40]
    if found := Source.objects.filter(code=code).first():
        return found
    namespace, _made = Namespace.objects.get_or_create(
        code=f"{code}-no",
        defaults={
            "title": _("Number at %(partner)s") % {"partner": partner.public_name},
            "role": "evidence",
            "normaliser": "login",
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


def refuse_unless_agreed(*, batch: Batch) -> None:
    """Asked by every import of second-party data before it is checked, started or resumed.

    Raises NotUnderAgreement, NotAPartnersImport.
    """
    if not InboundFile.objects.filter(batch=batch, version=batch.terms).exists():
        raise NotAPartnersImport
    intake.standing_terms(batch.terms)


def _received(agreement: Agreement, purpose, batch: Batch) -> InboundFile | None:
    same = InboundFile.objects.filter(
        version__agreement=agreement, purpose=purpose, batch__sha256=batch.sha256, batch__state__in=TAKEN
    )
    return same.exclude(batch=batch).order_by("id").first()


def _known(source: Source, version, purpose) -> dict | None:
    """The mapping of the partner's last file, where there was one."""
    found = Mapping.objects.filter(source=source, name=_name(version, purpose)).first()
    return found and found.spec


def _proposed(batch: Batch) -> dict:
    """By the names of the columns; the first is the partner's own number unless another is called so."""
    columns = batch.format["columns"]
    return {"external_id": columns[0]} | mapping.propose(columns, rows=RowKind.CUSTOMERS)


def _kept_mapping(source: Source, version, purpose, spec: dict) -> Mapping:
    return runs.remember_mapping(
        source=source, name=_name(version, purpose), rows=RowKind.CUSTOMERS, spec=spec, reason=_("A file was received.")
    )


def _name(version, purpose) -> str:
    return f"{version.agreement.number} v{version.number} {purpose.key}"[:80]


def _dropped(batch: Batch, spec: dict) -> list[str]:
    read = {column for _pointer, cell in mapping.cells_of(spec) for column in mapping.columns_in(cell)}
    read |= {condition["column"] for condition in spec.get("when", [])}
    return [column[:200] for column in batch.format["columns"] if column not in read]
