"""Questions off the diagonal: two purposes (one is marketing), four channels and two controllers, each with each.

What is said in one of them must count there, and in no other that differs in whichever of the three.
"""

from itertools import product
from typing import NamedTuple

from cdp.base.database.ids import uuid7
from consents.models import Controller, Purpose
from consents.recording import ledger
from tests.consents import building as consent


class Question(NamedTuple):
    purpose: str
    channel: str
    controller: str

    def __str__(self):
        return "-".join(self)


PURPOSES, CHANNELS, CONTROLLERS = ("newsletter", "research"), ("email", "sms", "phone", "post"), ("own", "brand")
QUESTIONS = {Question(*one) for one in product(PURPOSES, CHANNELS, CONTROLLERS)}
#: One question, and one that differs from it in its purpose, its channel or its controller alone.
ONE = Question("newsletter", "email", "own")
OTHERS = [ONE._replace(purpose="research"), ONE._replace(channel="sms"), ONE._replace(controller="brand")]
EACH = sorted(QUESTIONS)


def made() -> dict[str, Purpose]:
    """The purposes by key, and the second controller."""
    Controller.objects.create(key="brand", name="Brand A/S")
    return {
        "newsletter": consent.purpose("newsletter"),
        "research": consent.purpose("research", direct_marketing=False, valid_months=2),
    }


def say(profile, answers: dict[Question, str], purposes: dict[str, Purpose], **said) -> dict[Question, int]:
    """All answers of one person at once; {question: position in the ledger}."""
    told = [
        consent.decision(
            profile,
            purposes[asked.purpose],
            state,
            channel=asked.channel,
            controller=asked.controller,
            **({"source_event_id": str(uuid7())} | said),
        )
        for asked, state in answers.items()
    ]
    return dict(zip(answers, ledger.record(told).positions, strict=True))
