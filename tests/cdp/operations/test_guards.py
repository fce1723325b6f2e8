"""Every table says what it is; what is evidence is guarded in every column; and the database is as the files say."""

import io
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import execute, value
from cdp.base.database.tables import evidence, reference
from cdp.operations import guards, verify
from partners.models import InboundFile
from profiles import vault
from profiles.imports.run import runs
from profiles.ingestion.events.store import give_back
from profiles.models import Alias, DataKey, FileImport
from segments.activation import activations
from segments.models import Activation, Run
from tests.builders import days_ago, source, user
from tests.consents import building as consents
from tests.partners.inbound.receiving import incoming, received, table
from tests.profiles.building import person
from tests.segments.building import DANES, computed, destination

pytestmark = pytest.mark.django_db

REFUSE = "BEGIN RAISE EXCEPTION 'no'; END"


# --- The sweep ----------------------------------------------------------------------------------------------------


def test_every_table_of_the_product_is_declared():
    assert guards.undeclared(guards.our_models(), guards.declared()) == []


def test_every_column_of_evidence_is_guarded_but_those_that_are_named():
    assert guards.unguarded(guards.declared()) == []


def test_functions_and_triggers_are_those_of_the_files():
    assert guards.differences() == []


def test_a_table_that_nobody_declares_is_found():
    silent = [
        table for table in guards.declared() if table.model not in {"segments.DeliveredPerson", "segments.Segment"}
    ]

    assert guards.undeclared(guards.our_models(), silent) == [
        "segments.DeliveredPerson: declare it in tables.py",
        "segments.HistoricalSegment: declare it in tables.py",
        "segments.Segment: declare it in tables.py",
    ]


@pytest.mark.parametrize("table", ["segments_deliveredperson", "cdp_historicalservicekey"])
def test_a_column_that_came_without_its_guard_is_found_and_guarded_by_saying_the_rules_again(table):
    trigger = (table, "append_only_update")
    execute(f"ALTER TABLE {table} ADD COLUMN later text")
    assert guards.unguarded(guards.declared()) == [f"{table}.later: may be rewritten"]
    assert guards.differences() == [(*trigger, "differs")]

    guards.mend()

    assert (guards.unguarded(guards.declared()), guards.differences()) == ([], [])
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(f"UPDATE {table} SET later = 'x'")


def test_a_tracked_column_that_came_without_its_guard_is_found():
    execute("ALTER TABLE cdp_servicekey ADD COLUMN later text")

    assert guards.unguarded(guards.declared()) == ["cdp_servicekey.later: may be rewritten"]
    assert guards.differences() == [("cdp_servicekey", "history_follows", "differs")]


def test_evidence_without_a_guard_is_found():
    bare = evidence("segments.Reach")

    assert guards.unguarded([bare]) == [
        *(f"segments_reach.{name}: may be rewritten" for name in sorted(_columns("segments_reach"))),
        "segments_reach: DELETE is not refused",
        "segments_reach: TRUNCATE is not refused",
    ]


def test_a_guard_that_asks_a_condition_is_none():
    execute("DROP TRIGGER append_only_update ON consents_restriction")
    execute("""CREATE TRIGGER append_only_update BEFORE UPDATE ON consents_restriction FOR EACH ROW
               WHEN (OLD.lifted) EXECUTE FUNCTION kendt_refuse_change()""")

    assert guards.unguarded(guards.declared()) == [
        f"consents_restriction.{name}: may be rewritten" for name in sorted(_columns("consents_restriction"))
    ]


def test_a_history_that_may_be_rewritten_is_found():
    execute("DROP TRIGGER append_only_update ON profiles_historicalsource")

    assert guards.unguarded([reference("profiles.Source")]) == [
        f"profiles_historicalsource.{name}: may be rewritten" for name in sorted(_columns("profiles_historicalsource"))
    ]


def _columns(table: str) -> list[str]:
    return value("SELECT array_agg(column_name::text) FROM information_schema.columns WHERE table_name = %s", [table])


# --- Against the files --------------------------------------------------------------------------------------------

ON_OBJECTION = "consents_objection"
PLANTED = {
    "a function exchanged for another": (
        "CREATE OR REPLACE FUNCTION kendt_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        [("", "kendt_refuse_change()", "differs")],
    ),
    "a function that runs as its owner": (
        "ALTER FUNCTION consents_published_stands() SECURITY DEFINER",
        [("", "consents_published_stands()", "differs")],
    ),
    "a function gone": (
        "DROP FUNCTION kendt_write_once",
        [("", "kendt_write_once(target regclass, columns text[])", "missing")],
    ),
    "a function of our names that no file has": (
        f"CREATE FUNCTION kendt_columns(target text) RETURNS void LANGUAGE plpgsql AS $${REFUSE}$$",
        [("", "kendt_columns(target text)", "unexpected")],
    ),
    "a trigger that calls another function": (
        f"""CREATE FUNCTION tame() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE OR REPLACE TRIGGER append_only_delete BEFORE DELETE ON {ON_OBJECTION}
        FOR EACH STATEMENT EXECUTE FUNCTION tame()""",
        [(ON_OBJECTION, "append_only_delete", "differs")],
    ),
    "a function of the same name in a schema of its own": (
        f"""CREATE SCHEMA planted;
        CREATE FUNCTION planted.kendt_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE OR REPLACE TRIGGER append_only_delete BEFORE DELETE ON {ON_OBJECTION}
        FOR EACH STATEMENT EXECUTE FUNCTION planted.kendt_refuse_change('erasable')""",
        [(ON_OBJECTION, "append_only_delete", "differs")],
    ),
    "a trigger that swallows rows": (
        f"""CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER a_first BEFORE INSERT ON {ON_OBJECTION} FOR EACH ROW EXECUTE FUNCTION swallow()""",
        [(ON_OBJECTION, "a_first", "unexpected")],
    ),
    "a trigger gone": (
        "DROP TRIGGER two_signed ON partners_agreementversion",
        [("partners_agreementversion", "two_signed", "missing")],
    ),
    "a trigger switched off": (
        f"ALTER TABLE {ON_OBJECTION} DISABLE TRIGGER append_only_delete",
        [(ON_OBJECTION, "append_only_delete", "switched off")],
    ),
    "a partition without a guard": (
        """SELECT profiles_event_month('2020-02-02');
        DROP TRIGGER append_only_update ON profiles_event_2020_02""",
        [("profiles_event_2020_02", "append_only_update", "missing")],
    ),
}


@pytest.mark.parametrize(("act", "told"), PLANTED.values(), ids=PLANTED)
def test_what_is_exchanged_in_a_living_database_is_told_by_name_and_mended(act, told):
    execute(act)

    assert guards.differences() == told
    assert verify.verify()["database.guards"] == 1
    said = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify", stdout=said)
    assert str(guards.Difference(*told[0])) in said.getvalue()

    verify.rebuild()

    assert set(verify.verify().values()) == {0}


def test_a_look_at_the_guards_leaves_nothing_behind():
    before = value("SELECT array_agg(nspname ORDER BY 1) FROM pg_namespace"), value("SHOW search_path")

    guards.differences()

    assert (value("SELECT array_agg(nspname ORDER BY 1) FROM pg_namespace"), value("SHOW search_path")) == before


# --- What may not be rewritten ------------------------------------------------------------------------------------


def refused(act: str, *params, match: str = "is refused") -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        execute(act, params)


def settle() -> None:
    execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_import_keeps_what_it_is_of_and_goes_only_along_its_steps():
    file = FileImport.objects.create(source=source(), party=1, file_name="a.csv", sha256="0" * 64)
    refused("UPDATE profiles_fileimport SET sha256 = %s", "1" * 64)
    refused("UPDATE profiles_fileimport SET state = 'done'", match="waiting does not become done")
    refused(
        "INSERT INTO profiles_fileimport SELECT (jsonb_populate_record(b, %s::jsonb)).* FROM profiles_fileimport b",
        json.dumps({"id": str(uuid7()), "number": 0, "state": "done"}),
        match="none begins as done",
    )

    execute("UPDATE profiles_fileimport SET state = 'running', rows_done = 3")

    refused('UPDATE profiles_fileimport SET format = \'{"separator": ";"}\'', match="of what is running only")
    execute("UPDATE profiles_fileimport SET state = 'done', finished_at = now()")
    refused("UPDATE profiles_fileimport SET rows_done = 4", match="of what is done only")
    refused("UPDATE profiles_fileimport SET state = 'running'", match="done does not become running")
    execute("UPDATE profiles_fileimport SET stored_as = ''")
    assert (FileImport.objects.get(pk=file.pk).state, FileImport.objects.get(pk=file.pk).rows_done) == ("done", 3)


def test_an_activation_keeps_what_was_asked_and_what_was_sent(tmp_path, settings):
    settings.KENDT_FILES = tmp_path
    asked = activations.request(segment=computed(DANES), destination=destination(consents.purpose()), by=user())
    settle()
    refused("UPDATE segments_activation SET requested_at = now() - interval '1 day'", match="of what is approved only")
    refused("UPDATE segments_activation SET requested_by_id = NULL", match="of what is approved only")
    refused("UPDATE segments_activation SET state = 'waiting'", match="approved does not become waiting")

    activations.run(asked)

    refused("UPDATE segments_activation SET sent = 9", match="of what is done only")
    refused("UPDATE segments_activation SET manifest = '{}'", match="of what is done only")
    refused("UPDATE segments_activation SET state = 'failed'", match="done does not become failed")
    refused("DELETE FROM segments_activation")
    assert Activation.objects.get().state == "done"


def test_a_run_that_has_ended_stands():
    computed(DANES)
    settle()

    refused("UPDATE segments_run SET members = 9", match="of what is done only")
    refused("UPDATE segments_run SET as_of = now()", match="of what is done only")
    refused("UPDATE segments_run SET state = 'running'", match="done does not become running")
    refused("DELETE FROM segments_run")
    assert Run.objects.get().members == 0


def test_what_a_partners_file_was_received_under_stands_and_what_was_dropped_once_it_is_loaded():
    receipt = received(incoming(), table("1,a@example.dk,Ribe,gold,44"))
    settle()
    refused("UPDATE partners_inboundfile SET received_by_id = NULL")
    refused("DELETE FROM partners_inboundfile")
    execute("UPDATE partners_inboundfile SET dropped_columns = '{shoe_size}'")

    runs.start(file_import=receipt.file_import)

    refused("UPDATE partners_inboundfile SET dropped_columns = '{}'", match="the import has begun")
    assert InboundFile.objects.get().dropped_columns == ["shoe_size"]


def test_which_profile_an_id_meant_is_not_rewritten():
    anna = person()
    Alias.objects.create(identity_id=anna.pk, profile=anna.pk, valid_from=days_ago(9), valid_to=days_ago(1))

    refused("UPDATE profiles_alias SET profile = %s", uuid7())
    refused("UPDATE profiles_alias SET valid_from = now()")
    refused("UPDATE profiles_alias SET valid_to = NULL")
    refused("DELETE FROM profiles_alias")


def test_a_destroyed_key_stays_destroyed():
    person(email="anna@example.dk")
    assert vault.destroy_keys(DataKey.objects.values_list("identity", flat=True)) == 1
    destroyed = value("SELECT destroyed_at FROM vault.profiles_datakey")

    refused("UPDATE vault.profiles_datakey SET destroyed_at = NULL")
    refused("UPDATE vault.profiles_datakey SET wrapped = 'x'")
    refused("DELETE FROM vault.profiles_datakey")
    assert list(DataKey.objects.values_list("destroyed_at", "wrapped")) == [(destroyed, None)]


def test_keys_of_events_are_given_back_but_not_rewritten():
    key = uuid7()
    execute("INSERT INTO profiles_eventkey (key) VALUES (%s)", [key])

    refused("UPDATE profiles_eventkey SET key = %s", uuid7())
    refused("TRUNCATE profiles_eventkey")
    give_back([key.bytes])
    assert value("SELECT count(*) FROM profiles_eventkey") == 0


# --- Migrations ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_migrations_go_back_to_nothing_and_forth_again_and_the_guards_stand():
    name = f"{connection.settings_dict['NAME']}_again"
    execute(f"DROP DATABASE IF EXISTS {name}")
    execute(f"CREATE DATABASE {name}")
    again = connection.copy()
    again.settings_dict["NAME"] = name
    try:
        manage("migrate", on=name)
        manage("migrate", "cdp", "zero", on=name)
        with again.cursor() as cursor:
            cursor.execute(f"SELECT relname FROM pg_class WHERE relname ~ '{guards.OURS}'")
            tables = cursor.fetchall()
            cursor.execute(f"SELECT proname FROM pg_proc WHERE proname ~ '{guards.OURS}'")
            functions = cursor.fetchall()
        again.close()
        manage("migrate", on=name)
        said = manage("verify", on=name)
    finally:
        again.close()
        execute(f"DROP DATABASE {name}")

    assert (tables, functions) == ([], [])
    assert "all guards stand" in said


def manage(*arguments: str, on: str) -> str:
    """What `manage.py` says in another database of the same server."""
    environment = os.environ | {"KENDT_DATA": str(settings.KENDT_DATA), "KENDT_DB_NAME": on}
    if settings.EXTERNAL_DATABASE:
        environment["DATABASE_URL"] = urlsplit(environment["DATABASE_URL"])._replace(path=f"/{on}").geturl()
    command = [sys.executable, settings.BASE_DIR / "manage.py", *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_models_are_those_of_the_migrations():
    said = io.StringIO()

    call_command("makemigrations", check=True, dry_run=True, stdout=said)

    assert said.getvalue() == "No changes detected\n"
