"""Builders of partners and agreements: complete and approved unless the test says otherwise."""

from datetime import date, timedelta

from consents.models import Purpose
from partners import agreements
from partners.agreements import Line
from partners.models import Partner
from tests.builders import user


def purpose(key: str = "partner_offers", **fields) -> Purpose:
    """A bare purpose, the same one for the same key; its versions are built in tests.consents."""
    found = Purpose.objects.filter(key=key).first()
    return found or Purpose.objects.create(key=key, **({"title": key.replace("_", " ").capitalize()} | fields))


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
        lines = [Line("opaque_id", purposes[0], form="opaque_id"), Line("city", purposes[0])]
    return agreements.draft(
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
    return agreements.propose(version, by=version.author)


def approve_twice(version):
    """Two others approve, one of them for compliance."""
    agreements.approve(version, by=user(superuser=True), capacity="business")
    agreements.approve(version, by=user(superuser=True), capacity="compliance")
    return version


def approved(**fields):
    """A proposed version that two others have approved."""
    return approve_twice(proposed(**fields))


def agreement(**fields):
    """A version in force."""
    return agreements.activate(approved(**fields), by=user(superuser=True))
