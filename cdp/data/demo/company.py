"""What the demo company is: its systems, purposes, words, two partners, segments, and a place to send people to."""

from datetime import datetime, timedelta

from cdp.data.demo import staff
from consents.models import CollectionPoint, NoticeVersion, Purpose
from consents.notices import publishing
from partners.agreements import lifecycle
from partners.models import Partner
from profiles.models import Namespace, Source
from segments.membership import definitions
from segments.models import Destination

# code, title, kind, namespace of its ids, trust, values verified
SYSTEMS = [
    ("crm", "CRM", "server", "customer_no", 80, False),
    ("webshop", "Webshop", "browser", "user_id", 60, False),
    ("tills", "Shop tills", "server", "loyalty_no", 50, False),
    ("mailtool", "E-mail tool", "server", "email", 40, True),
    ("app", "App", "server", "user_id", 55, False),
]

# key, title, direct marketing, profiling, valid for (months)
PURPOSES = [
    ("newsletter", "Newsletter", True, False, 24),
    ("sms-offers", "Offers by SMS", True, False, 24),
    ("profiling", "Personal recommendations", False, True, None),
    ("partner-offers", "Sharing with partners", True, False, 24),
]

WORDS = {
    "da": (
        "Ja tak, {what}. Du kan læse mere i vores privatlivspolitik.",
        "Du kan altid trække dit samtykke tilbage via linket i hver mail eller på Min side.",
    ),
    "sv": (
        "Ja tack, {what}. Läs mer i vår integritetsinformation.",
        "Du kan alltid återkalla ditt samtycke via länken i varje mejl eller på Mina sidor.",
    ),
}
WHAT = {
    "newsletter": {"da": "send mig nyhedsbrevet på e-mail", "sv": "skicka nyhetsbrevet till mig via e-post"},
    "sms-offers": {"da": "send mig tilbud på SMS", "sv": "skicka erbjudanden till mig via SMS"},
    "profiling": {"da": "giv mig personlige anbefalinger", "sv": "ge mig personliga rekommendationer"},
    "partner-offers": {
        "da": "del min e-mail med Nordvind Fly, så de kan sende mig tilbud",
        "sv": "dela min e-post med Nordvind Flyg så att de kan skicka erbjudanden",
    },
}
AIRLINE, CLUB = "Nordvind Fly", "Havneby Sportsklub"


def open_for_business(now: datetime) -> dict[str, Source]:
    """Sources, purposes, notices and collection points; {code: source}."""
    sources = {code: _system(code, *rest) for code, *rest in SYSTEMS}
    purposes = {key: _purpose(key, title, *rest, now=now) for key, title, *rest in PURPOSES}
    for key, title, kind, trust in [
        ("webshop-form", "Sign-up form in the webshop", "web_form", "subject_direct"),
        ("till", "At the till", "till", "staff_entered"),
        ("old-crm", "Imported from the old CRM", "partner_feed", "imported_legacy"),
    ]:
        point, _made = CollectionPoint.objects.get_or_create(
            key=key, defaults={"title": title, "kind": kind, "trust": trust}
        )
        point.purposes.set(purposes.values())
    return sources


def _system(code, title, kind, namespace, trust, verified) -> Source:
    source, _made = Source.objects.get_or_create(
        code=code,
        defaults={
            "title": title,
            "kind": kind,
            "party": 1,
            "trust": trust,
            "namespace": Namespace.objects.get(code=namespace),
            "values_verified": verified,
        },
    )
    return source


def _purpose(key, title, marketing, profiling, months, *, now) -> Purpose:
    purpose, made = Purpose.objects.get_or_create(
        key=key, defaults={"title": title, "direct_marketing": marketing, "profiling": profiling}
    )
    if made:
        _publish(purpose, months, since=now - timedelta(days=4 * 365))
    return purpose


def _publish(purpose: Purpose, months: int | None, *, since: datetime) -> None:
    """The rules of a purpose and the words about it in each language, in use since `since`."""
    officer = staff.one("carl")
    described = dict(WHAT[purpose.key])
    version = publishing.new_purpose_version(purpose, valid_months=months, description=described, by=officer)
    publishing.publish_purpose_version(version, in_force_from=since, by=officer)
    for language, (words, withdrawal) in WORDS.items():
        notice = NoticeVersion.objects.create(
            key=f"{purpose.key}-notice",
            language=language,
            version=1,
            text=words.format(what=WHAT[purpose.key][language]),
            withdrawal_text=withdrawal,
            recipients=[AIRLINE] if purpose.key == "partner-offers" else [],
        )
        notice.purposes.set([version])
        publishing.publish_notice(notice, in_use_from=since, by=officer)


def sign_agreements(now: datetime) -> None:
    """An airline with an agreement in force, and a sports club whose agreement waits for its second approval."""
    if Partner.objects.exists():
        return
    author, business, compliance = staff.one("per"), staff.one("eva"), staff.one("carl")
    airline = Partner.objects.create(
        key="nordvind",
        legal_name="Nordvind Fly A/S",
        public_name=AIRLINE,
        registration_no="DK00000001",
        country="DK",
        status="approved",
        deletion_contact="privacy@nordvind.example",
    )
    club = Partner.objects.create(
        key="havneby", legal_name="Havneby Sportsklub", public_name=CLUB, country="DK", status="approved"
    )
    offers = Purpose.objects.get(key="partner-offers")
    version = _agreement(airline, "DSA-2026-001", "Offers for travellers who hike", offers, author, now)
    lifecycle.approve(version, by=business, capacity="business", note="Read and agreed.")
    lifecycle.approve(version, by=compliance, capacity="compliance", note="Purpose and fields are proportionate.")
    lifecycle.activate(version, by=compliance)
    waiting = _agreement(club, "DSA-2026-002", "Members' discounts", offers, author, now)
    lifecycle.approve(waiting, by=business, capacity="business", note="Good for both.")


def _agreement(partner, number, title, purpose, author, now):
    version = lifecycle.draft(
        partner=partner,
        number=number,
        title=title,
        direction="both",
        purposes=[purpose],
        lines=[
            lifecycle.NewTermLine("opaque_id", purpose, "out", "opaque_id"),
            lifecycle.NewTermLine("email", purpose, "out"),
            lifecycle.NewTermLine("country", purpose, "out"),
            lifecycle.NewTermLine("loyalty_tier", purpose, "in"),
        ],
        by=author,
        legal_basis="consent",
        arrangement_ref="Each party is a controller of its own; contact points are named in the notice.",
        valid_from=now.date() - timedelta(days=60),
        valid_until=now.date() + timedelta(days=305),
        relevance_note="Hikers travel; only people who said yes to this partner are shared.",
    )
    return lifecycle.propose(version, by=author)


ZONE = "Europe/Copenhagen"
SEGMENTS = [
    (
        "nordic-hikers",
        "Nordic hikers",
        {
            "op": "all",
            "of": [
                {"attr": "country", "is": "in", "value": ["DK", "SE"]},
                {"attr": "interests", "is": "has_any", "value": ["hiking", "climbing"]},
            ],
        },
    ),
    (
        "loyal-buyers",
        "Bought three times in a year",
        {"event": "Order Completed", "window": {"last": 1, "unit": "year"}, "count": {"cmp": ">=", "n": 3}},
    ),
    (
        "shoes-not-bought",
        "Looked at shoes, did not buy",
        {
            "op": "all",
            "of": [
                {
                    "event": "Product Viewed",
                    "where": [{"prop": "category", "is": "is", "value": "shoes"}],
                    "window": {"last": 90, "unit": "day"},
                    "count": {"cmp": ">=", "n": 1},
                },
                {
                    "event": "Order Completed",
                    "window": {"last": 30, "unit": "day"},
                    "count": {"cmp": "=", "n": 0},
                },
            ],
        },
    ),
]


def define_segments() -> list:
    """Three segments and the newsletter file as a destination."""
    marketer = staff.one("maja")
    Destination.objects.get_or_create(
        key="newsletter-file",
        defaults={
            "title": "Newsletter file",
            "purpose": Purpose.objects.get(key="newsletter"),
            "channel": "email",
            "fields": ["email", "first_name", "language"],
        },
    )
    made = []
    for key, title, rule in SEGMENTS:
        segment = definitions.draft(key=key, title=title, by=marketer)
        document = {"v": 1, "zone": ZONE, "rule": rule}
        version = definitions.activate(segment, document=document, reason="First definition", by=marketer)
        made.append(version.segment)
    return made
