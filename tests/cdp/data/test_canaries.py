"""Planted names, addresses and numbers, brought in by every door, are nowhere in clear: not in a dump, not on disk."""

import csv
import json
import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from cdp.operations import backup
from profiles.ingestion.events import draining
from profiles.ingestion.http import write_keys
from profiles.models import AccessEntry, IngestRequest
from profiles.values import lookup
from tests.builders import source, user
from tests.some import each

COUNT = 50
#: Bytes and ids, among whose digits those of a number come up by chance.
CIPHERTEXT = re.compile(rb"\\x[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KINDS = ("email", "first", "last", "phone", "cpr", "card")
pytestmark = pytest.mark.django_db(transaction=True)


def canary(number: int) -> dict[str, str]:
    """One invented person whose values occur nowhere else."""
    return {
        "number": f"K9{number:04d}",
        "email": f"kanarie{number}.qzx@zwitsch{number}.example",
        "first": f"Kanarifugla{number}zq",
        "last": f"Zwitschermann{number}qx",
        "phone": f"+45267{31000 + number * 7:05d}",
        "cpr": f"{1 + number % 28:02d}0490{4100 + number:04d}",
        "card": f"4571 9{number:03d} 6173 5482",
    }


@pytest.fixture
def planted(tmp_path):
    """Half of the canaries come by file, half by an SDK; some are hidden in event properties and bad rows."""
    people = [canary(number) for number in range(COUNT)]
    shop = source("shop")
    by_file(shop, people[: COUNT // 2], tmp_path)
    by_sdk(shop, people[COUNT // 2 :])
    return people


def by_file(shop, people, folder: Path):
    file, spec = folder / "customers.csv", folder / "spec.json"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(people[0]))
        writer.writeheader()
        writer.writerows(people)
        writer.writerow(people[0] | {"number": "null"})  # a row that is refused keeps its values to itself
    identifiers = {"email": "email", "phone": "phone"}
    spec.write_text(
        json.dumps(
            {
                "external_id": "number",
                "identifiers": identifiers,
                "traits": {"first_name": "first", "last_name": "last", "gender": "email", "interests": "cpr"},
            }
        )
    )
    call_command("import_file", str(file), source=shop.code, mapping="crm", save_mapping=spec, rows="customers")
    file.unlink()


def by_sdk(shop, people):
    _row, key = write_keys.make(source=shop)
    batch = [call for number, one in enumerate(people) for call in calls(one, number)]
    answer = Client().post("/v1/batch", json.dumps({"batch": batch, "writeKey": key}), "application/json")
    assert answer.status_code == 200
    for ingest_request in IngestRequest.objects.values_list("pk", flat=True):
        draining.drain(ingest_request=ingest_request)


def calls(one, number):
    traits = {"email": one["email"], "phone": one["phone"], "firstName": one["first"], "lastName": one["last"]}
    who = {"userId": one["number"], "timestamp": "2026-11-20T10:00:00Z"}
    yield {"type": "identify", "messageId": f"i{number}", "traits": traits} | who
    yield {"type": "identify", "messageId": f"o{number}", "traits": in_open_traits(one)} | who
    yield {"type": "group", "messageId": f"g{number}", "groupId": "G", "traits": {"name": one["last"]}} | who
    yield {"type": "track", "event": "", "messageId": f"q{number}", "properties": {one["email"]: 1}} | who  # aside
    hidden = {"comment": one["email"], "shipping": {"name": one["last"], "phone": one["phone"]}, "total": 5}
    hidden |= {one["email"]: 1, "kunde": {one["phone"]: True}, "navn": one["last"], "förnamn": one["first"]}
    hidden |= {"note": one["cpr"], "paid": one["card"], "reply": one["email"].replace("@", "＠")}
    yield {"type": "track", "event": "Ordered", "messageId": f"t{number}", "properties": hidden} | who


def in_open_traits(one) -> dict:
    """What belongs in no attribute that is kept in clear, and names of traits that no attribute has."""
    return {
        "gender": one["email"],
        "country": one["last"],
        "postal_code": one["phone"],
        "city": one["cpr"],
        "company": one["card"],
        "interests": ["golf", one["email"]],
        "language": one["email"].replace("@", "＠"),
        one["email"]: 1,
        "efternavn": one["last"],
    }


def values(people) -> list[str]:
    wide = [one["email"].replace("@", "＠") for one in people]
    bare = [one["phone"].removeprefix("+45") for one in people]
    return [one[key] for one in people for key in KINDS] + wide + bare


def found_in(content: bytes, people) -> set[str]:
    """Values that stand in `content` as text, or as the bytes of a column in hexadecimal."""
    lower = content.lower()
    said = CIPHERTEXT.sub(b"", lower)
    return {
        value for value in values(people) if value.lower().encode() in said or value.encode().hex().encode() in lower
    }


def test_canaries_came_in(planted):
    assert all(len(lookup.by_identifier("email", one["email"])) == 1 for one in each(planted))


def test_a_dump_holds_no_canary(planted, tmp_path):
    dump = tmp_path / "dump.sql"
    list(backup._dumped(["--format=plain", "--inserts", f"--file={dump}"]))

    assert dump.stat().st_size > 100_000
    assert found_in(dump.read_bytes(), planted) == set()


@pytest.mark.skipif(settings.EXTERNAL_DATABASE, reason="the data directory of an external server is not ours to read")
def test_the_data_folder_holds_no_canary(planted, tmp_path):
    patterns = tmp_path / "patterns"
    patterns.write_text("\n".join(values(planted)))
    connected = {"host": connection.settings_dict["HOST"], "user": "postgres"}
    with psycopg.connect(**connected, dbname=connection.settings_dict["NAME"]) as server:
        server.execute("CHECKPOINT")
        cluster = Path(server.execute("SHOW data_directory").fetchone()[0])
        own = server.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()[0]
    folders = [cluster / "base" / str(own), cluster / "pg_wal", cluster / "log", settings.KENDT_FILES]

    leaks = subprocess.run(
        ["grep", "-rlaF", f"--file={patterns}", *[str(folder) for folder in folders if folder.exists()]],
        capture_output=True,
        text=True,
    )

    assert leaks.returncode == 1, leaks.stdout + leaks.stderr  # 1: nothing found, 2: trouble


def test_the_scan_would_find_a_canary(planted, tmp_path):
    email, phone = planted[3]["email"], planted[3]["phone"].removeprefix("+45")

    assert found_in(f"somewhere {email.upper()} stands".encode(), planted) == {email}
    assert found_in(f"'\\x00{email.encode().hex()}ff'".encode(), planted) == {email}
    assert found_in(f"'{phone}'".encode(), planted) == {phone}
    assert found_in(f"'\\x00{phone}ff'".encode(), planted) == set()


def test_opening_one_in_the_admin_is_logged_with_user_purpose_and_person(planted, client):
    profile = next(iter(lookup.by_identifier("email", planted[7]["email"]))).pk
    anna = user("anna", roles=["Steward"])
    client.force_login(anna)
    page = client.get(f"/admin/profiles/profile/{profile}/change/")
    assert page.status_code == 200
    assert found_in(page.content, planted) == set()

    client.post(reverse("admin:profiles_profile_show", args=[profile]), {"purpose": "The person called"}, follow=True)

    entries = AccessEntry.objects.filter(actor=anna.pk)
    assert set(entries.values_list("actor_label", "purpose", "allowed")) == {("anna", "The person called", True)}
    assert profile in {identity for entry in entries for identity in entry.identities}
