"""A file out: asked for by one person, approved by another, built in one transaction that judges everything again."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cdp.base.database import clock, sql
from cdp.base.errors import OwnRequest, Refused, WrongState, stated
from cdp.base.spreadsheets import csv_chunks
from consents.state.locks import profiles_of
from partners.agreements.terms import Column, Terms
from partners.models import Agreement, Delivery, DeliveryState, DisclosureLink
from partners.sharing import audiences, decision, pseudonyms
from partners.sharing.decision import NotPermitted, Ruling
from partners.transfers import contents
from profiles import changes, vault
from profiles.changes import ChangeKind
from profiles.models import Profile, SourceIdentity
from profiles.vault.sealed_files import Folder, new_name

BLOCK = 5000
SAMPLE = 10
FILES = Folder("deliveries")


class NothingChosen(Refused):
    code = "no_fields"
    status = 400
    sentence = _("Choose at least one field.")


class DeliveryOutdated(Refused):
    """Since the file was built somebody withdrew, objected, was restricted, suppressed or erased."""

    code = "file_outdated"
    sentence = _(
        "%(lost)d of the %(all)d people in this file may no longer be shared, so nothing is handed out. "
        "Ask for a new delivery: it leaves them out."
    )


# --- Asking and approving ---------------------------------------------------------------------------------------


def preview(*, agreement: Agreement, purpose, columns: Sequence[str], audience_ref: UUID | None = None) -> Ruling:
    """What a delivery would be now; stores nothing."""
    if not columns:
        raise NothingChosen
    people = audiences.people(audience_ref)
    return decision.decide(people, agreement=agreement, purpose=purpose, columns=columns)


def sample(ruling: Ruling, *, agreement: Agreement, purpose, columns: Iterable[str]) -> list[list[str]]:
    """At most ten rows as they would leave, masked: for a preview, and no disclosure."""
    people = sorted(ruling.allowed)[:SAMPLE]
    tokens = pseudonyms.tokens(people, agreement=agreement.pk, purpose=purpose.pk)
    return contents.lines(people, [Column.parse(text) for text in columns], tokens, vault.masked)


@transaction.atomic
def request_delivery(
    *, agreement: Agreement, purpose, columns: Sequence[str], audience_ref: UUID | None = None, by=None, key: str = ""
) -> Delivery:
    """Plan a delivery of an audience (`partners.sharing.audiences`). `by` is a user, or `key` the name of a service
    key.

    Raises NotPermitted where the agreement forbids it already now; the counts are of now and are taken again.
    """
    ruling = preview(agreement=agreement, purpose=purpose, columns=columns, audience_ref=audience_ref)
    if not ruling.is_allowed:
        raise NotPermitted(ruling.denials)
    delivery = Delivery.objects.create(
        version=ruling.version,
        purpose=purpose,
        audience=audiences.words(audience_ref),
        audience_ref=audience_ref,
        fields=[str(Column.parse(text)) for text in columns],
        planned=ruling.planned,
        left_out=dict(ruling.left_out),
        requested_by=by,
        requested_key=key,
    )
    return _moved(delivery)


@transaction.atomic
def approve(delivery: Delivery, *, by) -> Delivery:
    """A second person lets the file be built."""
    delivery = _locked(delivery, DeliveryState.PLANNED)
    if delivery.requested_by_id == by.pk:
        raise OwnRequest(_("You asked for this delivery, so somebody else approves it."))
    delivery.approved_by, delivery.state = by, DeliveryState.APPROVED
    delivery.save(update_fields=["approved_by", "state"])
    return _moved(delivery)


@transaction.atomic
def cancel(delivery: Delivery, *, by, reason: str) -> Delivery:
    """Give up a delivery that is not built, and say why."""
    delivery = _locked(delivery, DeliveryState.PLANNED, DeliveryState.APPROVED)
    delivery.state, delivery.error = DeliveryState.CANCELLED, f"{by}: {stated(reason)}"
    delivery.save(update_fields=["state", "error"])
    return _moved(delivery)


# --- Building ---------------------------------------------------------------------------------------------------


def build(delivery: Delivery, *, by=None) -> Delivery:
    """Write the file, with one disclosure for each person, or block the delivery with its reasons.

    by: who is named in the access log as the opener of values; None is the system.
    """
    name = new_name()
    try:
        return _build(delivery, name, by)
    except BaseException as fault:
        FILES.remove(name)
        if isinstance(fault, Exception):
            state = DeliveryState.BLOCKED if isinstance(fault, NotPermitted) else DeliveryState.FAILED
            _stop(delivery, state, str(fault) if isinstance(fault, Refused) else type(fault).__name__)
        raise


@transaction.atomic
def _build(delivery: Delivery, name: str, by) -> Delivery:
    delivery = _locked(delivery, DeliveryState.APPROVED)
    delivery.state = DeliveryState.BUILDING
    delivery.save(update_fields=["state"])
    agreement = _held(delivery)
    people = audiences.people(delivery.audience_ref)
    ruling = decision.decide(people, agreement=agreement, purpose=delivery.purpose, columns=delivery.fields)
    if not ruling.is_allowed:
        raise NotPermitted(ruling.denials)
    return _written(delivery, name, agreement, ruling, by)


def _written(delivery: Delivery, name: str, agreement: Agreement, ruling: Ruling, by) -> Delivery:
    kept = FILES.keep(_file(delivery, agreement, ruling, by), name=name)
    delivery.version = ruling.version
    delivery.state, delivery.built_at = DeliveryState.READY, clock.now()
    delivery.planned, delivery.sent, delivery.left_out = ruling.planned, len(ruling.allowed), dict(ruling.left_out)
    delivery.delete_due_at = delivery.built_at + timedelta(days=ruling.version.retention_days)
    delivery.sha256, delivery.stored_as = kept.sha256, kept.name
    delivery.manifest = _manifest(delivery, agreement, ruling)
    delivery.save()
    return _moved(delivery)


def _file(delivery: Delivery, agreement: Agreement, ruling: Ruling, by) -> Iterator[bytes]:
    """The rows in an order that tells nothing; each person is disclosed in the block in which they are written."""
    columns = [Column.parse(text) for text in delivery.fields]
    reveal = contents.opener(by=by, purpose=f"{agreement.number}: {delivery.purpose.title}")
    people = list(ruling.allowed)
    random.SystemRandom().shuffle(people)

    def rows() -> Iterator[list[str]]:
        for block in _blocks(people):
            tokens = pseudonyms.tokens(block, agreement=agreement.pk, purpose=delivery.purpose_id)
            _disclose(delivery, tokens, ruling.allowed)
            yield from contents.lines(block, columns, tokens, reveal)

    return csv_chunks([column.header for column in columns], rows())


def _disclose(delivery: Delivery, tokens: dict[UUID, str], positions: dict[UUID, int | None]) -> None:
    sql.execute(
        """
        WITH people AS (
            SELECT * FROM unnest(%(people)s::uuid[], %(tokens)s::text[], %(positions)s::bigint[])
                AS p (identity_ref, pseudonym, position)),
        entries AS (
            INSERT INTO partners_disclosureentry (delivery_id, pseudonym, consent_position)
            SELECT %(delivery)s, pseudonym, position FROM people ORDER BY pseudonym RETURNING id, pseudonym)
        INSERT INTO partners_disclosurelink (entry_id, identity_ref)
        SELECT entries.id, people.identity_ref FROM entries JOIN people USING (pseudonym)
        """,
        {
            "people": list(tokens),
            "tokens": list(tokens.values()),
            "positions": [positions[person] for person in tokens],
            "delivery": delivery.pk,
        },
    )


def _manifest(delivery: Delivery, agreement: Agreement, ruling: Ruling) -> dict:
    """What goes with the file, and stays as evidence of it."""
    version, terms = ruling.version, Terms(ruling.version)
    columns = [Column.parse(text) for text in delivery.fields]
    return {
        "delivery": str(delivery.pk),
        "rows": len(ruling.allowed),
        "sha256": delivery.sha256,
        "partner": agreement.partner.public_name,
        "agreement": agreement.number,
        "version": version.number,
        "terms_sha256": version.terms_sha256,
        "purpose": delivery.purpose.key,
        "columns": [
            {"name": column.header, "field": column.field, "form": column.form, "duties": line.duties}
            for column in columns
            if (line := terms.line("out", delivery.purpose, column))
        ],
        "built_at": delivery.built_at.isoformat(),
        "delete_by": delivery.delete_due_at.isoformat(),
        "key_epoch": pseudonyms.FIRST_EPOCH,
        "left_out": dict(ruling.left_out),
    }


def purge(*, age: timedelta = timedelta(days=1)) -> None:
    """Delete files that no delivery knows: of a process that was killed before it could commit."""
    for name in FILES.older_than(age):
        if not Delivery.objects.filter(stored_as=name).exists():
            FILES.remove(name)


# --- The stored file --------------------------------------------------------------------------------------------


def download(delivery: Delivery, *, by, request_id: str = "") -> bytes:
    """The file in clear, for handing over: logged as an opening of the vault, and the delivery counts as sent.

    Raises NotPermitted where the agreement forbids it by now, and DeliveryOutdated where a person in it may not be
    shared.
    """
    with transaction.atomic():
        delivery = _locked(delivery, DeliveryState.READY, DeliveryState.SENT)
        content = FILES.handed_out(
            delivery.stored_as,
            by=by,
            action="delivery_download",
            purpose=f"{delivery.manifest['agreement']}: {delivery.purpose.title}, delivery {delivery.pk}",
            identities=_judged_again(delivery),
            fields=delivery.fields,
            request_id=request_id,
        )
        if delivery.state == DeliveryState.READY:
            delivery.state = DeliveryState.SENT
            delivery.save(update_fields=["state"])
            _moved(delivery)
    return content


def withheld(delivery: Delivery) -> Refused | None:
    """Why the file does not leave now, as far as it is known without asking about each person."""
    asked = {"purpose": delivery.purpose, "columns": delivery.fields}
    found = decision.denials(agreement=delivery.version.agreement, **asked)
    return NotPermitted(found) if found else None


def _judged_again(delivery: Delivery) -> list[UUID]:
    """Who is in the file, by the ids it was built with: all of them may be shared still, or it is refused.

    A person whose link was erased is in the file still, and counts as lost.
    """
    agreement = _held(delivery)
    if refusal := withheld(delivery):
        raise refusal
    built = DisclosureLink.objects.filter(entry__delivery=delivery).values("identity_ref")
    now = Profile.objects.filter(pk__in=SourceIdentity.objects.filter(pk__in=built).values("profile"))
    ruling = decision.decide(now, agreement=agreement, purpose=delivery.purpose, columns=delivery.fields)
    people = list(built.values_list("identity_ref", flat=True))
    present = profiles_of(people)
    still = sum(present.get(person) in ruling.allowed for person in people)
    if still < delivery.sent:
        raise DeliveryOutdated(lost=delivery.sent - still, all=delivery.sent)
    if ruling.denials:
        raise NotPermitted(ruling.denials)
    return people


# --- Small steps ------------------------------------------------------------------------------------------------


def _moved(delivery: Delivery) -> Delivery:
    changes.record(kind=ChangeKind.DELIVERY_MOVED, object=delivery.pk, what=[delivery.state])
    return delivery


def _locked(delivery: Delivery, *states) -> Delivery:
    found = Delivery.objects.select_related("purpose", "version").select_for_update(of=["self"])
    delivery = found.get(pk=delivery.pk)
    if delivery.state not in states:
        raise WrongState(state=delivery.get_state_display())
    return delivery


def _held(delivery: Delivery) -> Agreement:
    """The agreement, its partner and its versions, held as they are until the file is written."""
    agreement = Agreement.objects.select_related("partner").get(versions=delivery.version_id)
    for table, column, value in (
        ("partners_partner", "id", agreement.partner_id),
        ("partners_agreement", "id", agreement.pk),
        ("partners_agreementversion", "agreement_id", agreement.pk),
    ):
        sql.execute(f"SELECT FROM {table} WHERE {column} = %s ORDER BY id FOR SHARE", [value])
    return Agreement.objects.select_related("partner").get(pk=agreement.pk)


@transaction.atomic
def _stop(delivery: Delivery, state, why: str) -> None:
    """Void the approval of a delivery that could not be built: it must be asked for anew."""
    if Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.APPROVED).update(state=state, error=why):
        changes.record(kind=ChangeKind.DELIVERY_MOVED, object=delivery.pk, what=[state])


def _blocks(people: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (people[start : start + BLOCK] for start in range(0, len(people), BLOCK))
