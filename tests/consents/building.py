"""What consents need: purposes, words, places of asking, and people who answer."""

from datetime import datetime, timedelta

from cdp.base.database.ids import uuid7
from consents.models import CollectionPoint, NoticeVersion, Purpose, PurposeVersion
from consents.notices import publishing
from consents.recording import ledger
from consents.recording.statement import ConsentStatement
from tests import builders

LONG_AGO = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def purpose(key: str = "newsletter", *, since: datetime = LONG_AGO, **rules) -> Purpose:
    """A purpose in force since long ago. Flags of Purpose and rules of its first version are told by name."""
    flags = {name: rules.pop(name) for name in ("direct_marketing", "profiling", "active") if name in rules}
    made = Purpose.objects.create(key=key, title=key.title(), **({"direct_marketing": True} | flags))
    publish(made, since=since, **rules)
    return made


def publish(purpose: Purpose, *, since: datetime = LONG_AGO, **rules) -> PurposeVersion:
    """The next version of a purpose, in force."""
    draft = publishing.new_purpose_version(purpose, by=None, **({"description": {"en": f"For {purpose.key}"}} | rules))
    return publishing.publish_purpose_version(draft, by=None, in_force_from=since)


def notice(*purposes: Purpose, key: str = "words", language: str = "da", since: datetime = LONG_AGO, **fields):
    """Words in use that cover the newest version of each purpose: the next version of what has the same key."""
    last = NoticeVersion.objects.filter(key=key, language=language).order_by("-version").first()
    made = NoticeVersion.objects.create(
        key=key,
        language=language,
        version=last.version + 1 if last else 1,
        **({"text": f"Ja tak {uuid7()}", "withdrawal_text": "Klik på linket i bunden af hver mail."} | fields),
    )
    made.purposes.set(purpose.versions.order_by("-number").first() for purpose in purposes)
    return publishing.publish_notice(made, by=None, in_use_from=since)


def point(*purposes: Purpose, key: str = "site", **fields) -> CollectionPoint:
    """A place that may ask for `purposes`."""
    made = CollectionPoint.objects.create(
        key=key, title=key.title(), **({"kind": "web_form", "trust": "subject_direct"} | fields)
    )
    made.purposes.set(purposes)
    return made


def decision(profile, purpose: Purpose, state: str = "ConsentGiven", *, days_ago: float = 0, at=None, **fields):
    """One answer of one person, complete: words and place are those of the purpose, made if there are none."""
    moment = at or builders.now() - timedelta(days=days_ago)
    fields = {"source": builders.source().code, "source_event_id": str(uuid7()), "evidence": b"a form picture"} | fields
    if state in ("ConsentGiven", "RenewedConsentGiven"):
        fields = {"notice": words_for(purpose, moment), "collection_point": place_for(purpose)} | fields
    return ConsentStatement(
        profile=getattr(profile, "pk", profile), purpose=purpose.key, state=state, effective_at=moment, **fields
    )


def say(
    profile, purpose: Purpose, state: str = "ConsentGiven", *, days_ago: float = 0, at=None, by=None, **fields
) -> int:
    """A person answers; gives the position in the ledger."""
    one = decision(profile, purpose, state, days_ago=days_ago, at=at, **fields)
    return ledger.record([one], by=by).positions[0]


def words_for(purpose: Purpose, moment: datetime) -> tuple[str, str, int]:
    """The newest words about a purpose that were in use at `moment`."""
    found = NoticeVersion.objects.filter(purposes__purpose=purpose, published_from__lte=moment).order_by("-version")
    made = found.first() or notice(purpose, key=f"words-{purpose.key}")
    return made.key, made.language, made.version


def place_for(purpose: Purpose) -> str:
    found = CollectionPoint.objects.filter(purposes=purpose, needs_double_opt_in=False, trust="subject_direct").first()
    return (found or point(purpose, key=f"site-{purpose.key}")).key
