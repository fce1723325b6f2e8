"""Builders of partners and agreements: complete and approved unless the test says otherwise."""

from datetime import date, timedelta

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import value
from consents.models import CollectionPoint, NoticeVersion, Purpose, PurposeVersion
from consents.recording import ledger
from consents.recording.statement import ConsentStatement
from partners.agreements import lifecycle
from partners.agreements.lifecycle import NewTermLine
from partners.models import Partner
from partners.transfers import deliveries
from tests.builders import days_ago, source, user
from tests.profiles.building import person


def purpose(key: str = "partner_offers", *, basis: str = "consent", **fields) -> Purpose:
    """A purpose with rules in force, the same one for the same key."""
    if found := Purpose.objects.filter(key=key).first():
        return found
    made = Purpose.objects.create(key=key, **({"title": key.replace("_", " ").capitalize()} | fields))
    PurposeVersion.objects.create(purpose=made, number=1, legal_basis=basis, published_at=days_ago(400))
    return made


def notice(*, names=("Nordic Air",), of: Purpose | None = None) -> NoticeVersion:
    """The words that people are shown, with the partners that they name."""
    of = of or purpose()
    key = f"form-{of.key}-{len(names)}-{'-'.join(names)}".lower().replace(" ", "-")[:60]
    if found := NoticeVersion.objects.filter(key=key).first():
        return found
    made = NoticeVersion.objects.create(
        key=key,
        language="en",
        version=1,
        text=f"Yes to {names}",
        withdrawal_text="Write to us.",
        recipients=list(names),
    )
    made.purposes.add(of.versions.get(number=1))
    made.published_from = days_ago(400)
    made.save()
    point, _made = CollectionPoint.objects.get_or_create(
        key="partner-form", defaults={"title": "Form", "kind": "web_form", "trust": "subject_direct"}
    )
    point.purposes.add(of)
    return made


def answer(people, state: str = "ConsentGiven", *, of=None, names=("Nordic Air",), when=None) -> None:
    """Each of `people` answered the question of sharing, shown the words that name `names`."""
    of = of or purpose()
    words = notice(names=names, of=of)
    ledger.record(
        [
            ConsentStatement(
                purpose=of.key,
                state=state,
                effective_at=when or days_ago(3),
                source=source().code,
                source_event_id=str(uuid7()),
                profile=one.pk,
                notice=(words.key, words.language, words.version),
                collection_point="partner-form",
            )
            for one in people
        ]
    )


def members(count: int, **said) -> list:
    """People of Aarhus with a consent to be shared with Nordic Air."""
    people = [person(**({"city": "Aarhus"} | said)) for _number in range(count)]
    answer(people)
    return people


def partner(key: str = "nordic-air", **fields) -> Partner:
    """An approved Danish partner, the same one for the same key."""
    name = key.replace("-", " ").title()
    standard = {
        "legal_name": f"{name} A/S",
        "public_name": name,
        "country": "DK",
        "deletion_contact": f"privacy@{key}.example",
        "status": "approved",
    }
    return Partner.objects.filter(key=key).first() or Partner.objects.create(key=key, **(standard | fields))


def terms(**fields) -> dict:
    """Everything a version needs to be complete, in force from yesterday for a year."""
    return {
        "legal_basis": "consent",
        "arrangement_ref": "Each answers for their own part; questions to either.",
        "valid_from": date.today() - timedelta(days=1),
        "valid_until": date.today() + timedelta(days=365),
        "relevance_note": "Members of both get offers that fit.",
        "min_cohort": 1,
    } | fields


def drafted(*, by=None, to=None, number=None, direction="both", purposes=None, lines=None, zone=None, **fields):
    """A draft version of a new agreement; by default city and the opaque id may go out for partner offers."""
    purposes = purposes or [purpose()]
    to = to or partner()
    if lines is None:
        lines = [NewTermLine("opaque_id", purposes[0], form="opaque_id"), NewTermLine("city", purposes[0])]
    return lifecycle.draft(
        partner=to,
        number=number or f"A-{to.key}-{to.agreements.count() + 1}",
        title="Joint offers",
        direction=direction,
        purposes=purposes,
        lines=lines,
        by=by or user(),
        home_time_zone=zone or "Europe/Copenhagen",
        **terms(**fields),
    )


def proposed(**fields):
    version = drafted(**fields)
    return lifecycle.propose(version, by=version.author)


def approve_twice(version):
    """Two others approve, one of them for compliance."""
    lifecycle.approve(version, by=user(superuser=True), capacity="business")
    lifecycle.approve(version, by=user(superuser=True), capacity="compliance")
    return version


def approved(**fields):
    """A proposed version that two others have approved."""
    return approve_twice(proposed(**fields))


def agreement(**fields):
    """A version in force."""
    return lifecycle.activate(approved(**fields), by=user(superuser=True))


def planned(version=None, *, columns=("opaque_id", "city"), of=None, by=None):
    """A delivery that was asked for, of everyone."""
    version = version or agreement()
    return deliveries.request_delivery(
        agreement=version.agreement, purpose=of or purpose(), columns=list(columns), by=by or user()
    )


def delivered(version=None, **asked):
    """A delivery that was asked for, approved by another, and built."""
    delivery = planned(version, **asked)
    deliveries.approve(delivery, by=user())
    return deliveries.build(delivery)


def end_now(version) -> None:
    """Let the signed period end at this moment, which the table allows: it is never widened, but it may shrink."""
    version.refresh_from_db()
    version.in_force = (version.in_force.lower, value("SELECT clock_timestamp()"))
    version.save()
