"""Evidence refuses change by every path, and real commits are cleaned up between tests."""

import pytest
from django.db import IntegrityError, connection, transaction

from cdp.base.database.sql import execute, value
from profiles.models import AccessEntry, Source
from tests.builders import source

EVIDENCE = [
    "profiles_event",
    "profiles_sourceidentity",
    "profiles_record",
    "profiles_identifier",
    "profiles_stewarddecision",
    "profiles_accessentry",
    "consents_historicalconsentrecord",
    "consents_objection",
    "consents_restriction",
    "partners_signature",
    "partners_disclosureentry",
    "segments_segmentversion",
    "segments_deliveredperson",
    "segments_membership",
]
#: The key, or a column of it, where it is not `id`.
KEYS = {"consents_historicalconsentrecord": "history_id", "profiles_identifier": "record_id"}


@pytest.mark.django_db
@pytest.mark.parametrize("table", EVIDENCE)
@pytest.mark.parametrize("act", ["UPDATE {table} SET {key} = {key}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"])
def test_evidence_refuses_to_be_changed(table, act):
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(act.format(table=table, key=KEYS.get(table, "id")))


@pytest.mark.django_db(transaction=True)
def test_a_tracked_row_does_not_change_without_history():
    shop = source("shop")

    with pytest.raises(IntegrityError, match="no history row"):
        Source.objects.filter(pk=shop.pk).update(trust=99)
    shop.trust = 60
    shop.save()

    assert Source.objects.get(pk=shop.pk).trust == 60
    assert list(shop.history.values_list("trust", flat=True)) == [60, 50]


@pytest.mark.django_db(transaction=True)
def test_many_tracked_rows_of_one_transaction_are_each_found_by_their_key():
    """Else the check of each row reads the history of all of them."""
    read = (
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'profiles_historicalsource'"
    )
    with transaction.atomic():
        for number in range(100):
            source(f"s{number}")
        execute("SET LOCAL enable_seqscan = off")
        before = value(read)
        execute("SET CONSTRAINTS ALL IMMEDIATE")

        assert 100 <= value(read) - before <= 200


@pytest.mark.django_db(transaction=True)
def test_history_is_written_by_the_clock_of_the_database():
    shop = source("shop")
    shop._history_date = shop.created_at.replace(year=2001)
    shop.trust = 70
    with transaction.atomic():
        shop.save()

    assert shop.history.first().history_date.year > 2001


@pytest.mark.django_db(transaction=True)
def test_committed_rows_of_an_earlier_test_are_gone():
    assert not Source.objects.filter(code="shop").exists()
    assert not AccessEntry.objects.exists()
