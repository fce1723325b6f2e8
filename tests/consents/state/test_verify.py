"""Drift of the projection is found, whoever made it, and repaired from the ledger."""

import pytest
from django.db import IntegrityError

from cdp.base.database.sql import execute
from consents.models import ConsentEvidence, ConsentRecord, NoticeVersion
from consents.state import verify
from consents.state.fold import folding
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def records():
    news = consent.purpose(valid_months=12)
    for days in range(3):
        somebody = person(email=f"p{days}@example.dk")
        consent.say(somebody, news, days_ago=days + 1)
        consent.say(somebody, news, channel="email", contact=("email", f"p{days}@example.dk"), days_ago=days + 1)
    return list(ConsentRecord.objects.order_by("id").values())


def past_the_trigger(sql: str):
    """As a superuser would."""
    with folding():
        execute(sql)


def test_what_was_folded_has_no_drift(records):
    assert verify.differences() == []


@pytest.mark.parametrize(
    ("tamper", "found", "expected"),
    [
        ("UPDATE {} SET state = 'ConsentWithdrawn' WHERE id = '{}'", "ConsentWithdrawn", "ConsentGiven"),
        ("UPDATE {} SET validity_until = NULL WHERE id = '{}'", "ConsentGiven", "ConsentGiven"),
        ("DELETE FROM {} WHERE id = '{}'", None, "ConsentGiven"),
    ],
)
def test_a_changed_record_is_reported_and_rebuilt(records, tamper, found, expected):
    victim = records[1]
    past_the_trigger(tamper.format("consents_consentrecord", victim["id"]))

    assert verify.differences() == [(victim["profile_id"], victim["id"], found, expected)]
    assert verify.rebuild() == 1
    assert list(ConsentRecord.objects.order_by("id").values()) == records


INVENTED = """
INSERT INTO consents_consentrecord SELECT (jsonb_populate_record(r, jsonb_build_object('channel', 'sms', 'id', {id}))).*
FROM consents_consentrecord r WHERE id = '{of}'
"""


def test_an_invented_record_is_reported_and_removed(records):
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    its_key = "consents_choice(r.profile_id, r.contact_ref, 'sms', r.purpose_id, r.controller_id)"
    past_the_trigger(INVENTED.format(id=its_key, of=records[0]["id"]))

    assert [(drift.found, drift.expected) for drift in verify.differences()] == [("ConsentGiven", None)]
    verify.rebuild()
    assert list(ConsentRecord.objects.order_by("id").values()) == records


def test_a_choice_has_one_key_and_so_one_record(records):
    with pytest.raises(IntegrityError, match="key_is_of_choice"):
        past_the_trigger(INVENTED.format(id="gen_random_uuid()", of=records[0]["id"]))


def test_evidence_that_is_not_what_its_entry_was_written_with_is_reported(records):
    for days in (1, 2):
        consent.say(person(), consent.purpose(f"calls-{days}"), evidence=b"called", days_ago=days)
    false = ConsentEvidence.objects.latest("entry")
    assert verify.verify() == {"records": 0, "evidence": 0, "notices": 0}

    execute("ALTER TABLE consents_consentevidence DISABLE TRIGGER USER")
    ConsentEvidence.objects.filter(pk=false.pk).update(sealed=b"another picture")

    assert verify.verify() == {"records": 0, "evidence": 1, "notices": 0}


def test_published_words_that_were_altered_past_the_guards_are_reported(records):
    assert verify.verify()["notices"] == 0

    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE consents_noticeversion DISABLE TRIGGER USER")
    execute("UPDATE consents_noticeversion SET text = text || '.' WHERE published_from IS NOT NULL")

    assert verify.verify()["notices"] == NoticeVersion.objects.exclude(published_from=None).count() > 0
