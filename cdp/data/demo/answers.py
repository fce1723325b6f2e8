"""What invented people allowed: mostly yes or nothing, some no, some changed their minds, some yes is old."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import orjson

from cdp.data.demo.people import Settled
from consents.models import State
from consents.recording import ledger
from consents.recording.statement import ConsentStatement
from profiles.values.normal_form import normal

# purpose, channel, namespace of the contact point, share who were asked, share of them who said yes
ASKED = [
    ("newsletter", "email", "email", 0.75, 0.8),
    ("sms-offers", "sms", "phone", 0.35, 0.75),
    ("profiling", "none", None, 0.5, 0.7),
    ("partner-offers", "none", None, 0.4, 0.6),
]
CHANGES_THEIR_MIND = 0.12
ASKS_IN = ("webshop", "crm", "tills")


def record(settled: list[Settled], *, seed: int, now: datetime) -> None:
    """Record the decisions of a block of people."""
    ledger.record([decision for one in settled for decision in _of(one, seed, now)])


def _of(one: Settled, seed: int, now: datetime) -> Iterator[ConsentStatement]:
    dice = Random(f"{seed}/{one.human.number}/answers")
    system = next((system for system in ASKS_IN if system in one.identities), None)
    if system is None:
        return
    for purpose, channel, namespace, asked, says_yes in ASKED:
        if dice.random() > asked:
            continue
        when = now - timedelta(days=dice.uniform(2, 1100))
        yes = dice.random() < says_yes
        yield _decision(one, system, purpose, channel, namespace, State.GIVEN if yes else State.REFUSED, when)
        if yes and dice.random() < CHANGES_THEIR_MIND:
            later = when + (now - when) * dice.random()
            yield _decision(one, system, purpose, channel, namespace, State.WITHDRAWN, later)


def _decision(one: Settled, system, purpose, channel, namespace, state, when) -> ConsentStatement:
    person = one.human
    contact = {"email": person.email, "phone": normal("phone", person.phone, country=person.country)}.get(namespace)
    return ConsentStatement(
        profile=one.identities[system],
        purpose=purpose,
        channel=channel,
        contact=(namespace, contact) if contact else None,
        state=state,
        effective_at=when,
        notice=(f"{purpose}-notice", person.language, 1),
        collection_point="till" if system == "tills" else "webshop-form",
        method="link" if state == State.WITHDRAWN else "checkbox",
        language=person.language,
        jurisdiction=person.country,
        source=system,
        source_event_id=f"{person.number}/{purpose}/{state}",
        evidence=_form(system, purpose, state, when),
        evidence_type="application/json",
    )


def _form(system, purpose, state, when) -> bytes:
    """What the person sent, as the form kept it."""
    return orjson.dumps({"form": system, "sent_at": when, "answers": {purpose: state}})
