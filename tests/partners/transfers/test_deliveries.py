"""What leaves the company: exactly those who may, with evidence of each."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import Error, transaction

from cdp.base.database.sql import execute
from cdp.base.errors import ReasonNeeded
from consents.models import ConsentRecord, Restriction
from partners.agreements import lifecycle
from partners.agreements.lifecycle import NewTermLine
from partners.models import Delivery, DisclosureEntry, DisclosureLink
from partners.sharing.pseudonyms import tokens
from partners.transfers import deliveries
from profiles import records
from profiles.identity import resolve, steward_decisions
from profiles.models import AccessEntry, Attribute
from tests.builders import days_ago, now, source, user
from tests.partners.building import (
    agreement,
    answer,
    approve_twice,
    delivered,
    end_now,
    members,
    planned,
    purpose,
)
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db


def rows_of(delivery) -> list[dict]:
    return list(csv.DictReader(io.StringIO(deliveries.download(delivery, by=user()).decode())))


def build(delivery) -> Delivery:
    deliveries.approve(delivery, by=user())
    return deliveries.build(delivery)


def stored_files() -> set[str]:
    return {path.name for path in (settings.KENDT_FILES / "deliveries").glob("*")}


# --- What is in the file ------------------------------------------------------------------------------------------


def test_a_delivery_holds_exactly_those_who_may_be_shared():
    version = agreement()
    yes = members(3)
    withdrawn = members(2)
    answer(withdrawn, "ConsentWithdrawn")
    answer([person(city="Odense")], names=("Somebody Else",))
    person(city="Vejle")

    delivery = delivered(version)

    expected = tokens([one.pk for one in yes], agreement=version.agreement_id, purpose=purpose().pk)
    assert {row["opaque_id"]: row["city"] for row in rows_of(delivery)} == dict.fromkeys(expected.values(), "Aarhus")
    assert delivery.left_out == {"consent_withdrawn": 2, "recipient_not_named": 1, "consent_missing": 1}
    assert (delivery.planned, delivery.sent, delivery.manifest["rows"]) == (7, 3, 3)
    assert set(DisclosureLink.objects.values_list("identity_ref", flat=True)) == {one.pk for one in yes}
    assert set(DisclosureEntry.objects.values_list("pseudonym", flat=True)) == set(expected.values())


def test_each_disclosure_names_the_consent_that_allowed_it():
    version, (anna, bo) = agreement(), members(2)

    delivery = delivered(version)

    pairs = DisclosureLink.objects.filter(entry__delivery=delivery).values_list(
        "identity_ref", "entry__consent_position"
    )
    positions = ConsentRecord.objects.values_list("profile", "ledger_position")
    assert dict(pairs) == dict(positions) and set(dict(pairs)) == {anna.pk, bo.pk}


def test_values_are_in_the_form_that_was_agreed():
    lines = [
        NewTermLine("email", purpose()),
        NewTermLine("birth_date", purpose(), form="bucketed"),
        NewTermLine("interests", purpose()),
        NewTermLine("loyalty_points", purpose(), form="bucketed"),
        NewTermLine("postal_code", purpose(), form="bucketed"),
    ]
    version = agreement(lines=lines)
    members(
        1,
        email="Anna@Example.dk",
        birth_date="1983-05-17",
        interests=["ski", "hiking"],
        loyalty_points=420,
        postal_code="8000",
    )

    columns = ["email", "birth_date:bucketed", "interests", "loyalty_points:bucketed", "postal_code:bucketed"]
    delivery = delivered(version, columns=columns)

    assert rows_of(delivery) == [
        {
            "email": "anna@example.dk",
            "birth_date_bucketed": "1980-1984",
            "interests": "hiking; ski",
            "loyalty_points_bucketed": "400-500",
            "postal_code_bucketed": "80…",
        }
    ]


def test_what_another_partner_told_us_is_not_shared_on():
    version = agreement(lines=[NewTermLine(code, purpose(), direction="both") for code in ("city", "company", "email")])
    club = source("club", party=2)
    (anna,) = members(1, email="anna@example.dk")
    member = records.Person("M1", [("email", "anna@example.dk", True)], {"company": "Hers", "city": "Odense"})
    written = records.write(source=club, people=[member], party=2, agreement_version=version.pk)
    resolve(identities=written.touched)
    resolve(identities={anna.pk})

    delivery = delivered(version, columns=["city", "company", "email"])

    assert {tuple(row.values()) for row in rows_of(delivery)} == {("Aarhus", "", "anna@example.dk")}


def test_an_address_that_was_replaced_does_not_leave():
    version = agreement(lines=[NewTermLine("email", purpose())])
    shop = source("shop")
    anna = person(source=shop, external_id="A1", email="former@example.dk", verified=True, observed_at=days_ago(9))
    answer([anna])
    say(source=shop, external_id="A1", email="present@example.dk", observed_at=days_ago(1))

    delivery = delivered(version, columns=["email"])

    assert rows_of(delivery) == [{"email": "present@example.dk"}]


def test_no_cell_is_a_formula():
    version = agreement(lines=[NewTermLine("city", purpose()), NewTermLine("phone", purpose())])
    members(1, city='=HYPERLINK("http://x","Aarhus")', phone="+45 20 12 34 56")

    delivery = delivered(version, columns=["city", "phone"])

    assert rows_of(delivery) == [{"city": '\'=HYPERLINK("http://x","Aarhus")', "phone": "+4520123456"}]


def test_the_order_of_rows_tells_nothing():
    version = agreement()
    arrived = [one.pk for one in members(12)]

    in_file = [row["opaque_id"] for row in rows_of(delivered(version))]

    expected = tokens(arrived, agreement=version.agreement_id, purpose=purpose().pk)
    assert set(in_file) == set(expected.values())
    assert in_file != [expected[one] for one in arrived]


def test_a_sealed_date_leaves_as_a_band_and_its_sample_is_masked():
    Attribute.objects.create(code="passport_until", title="Passport until", type="date", classification="direct")
    version = agreement(lines=[NewTermLine("passport_until", purpose(), form="bucketed")])
    members(1, passport_until="2031-05-06")
    asked = {"agreement": version.agreement, "purpose": purpose(), "columns": ["passport_until:bucketed"]}

    ((shown,),) = deliveries.sample(deliveries.preview(**asked), **asked)

    assert "•" in shown and "2031" not in shown
    (row,) = rows_of(delivered(version, columns=asked["columns"]))
    assert row == {"passport_until_bucketed": "2030-2034"}


# --- The file and its papers --------------------------------------------------------------------------------------


def test_the_file_lies_sealed_and_is_opened_with_a_line_in_the_log():
    version = agreement(lines=[NewTermLine("email", purpose())])
    members(1, email="planted@example.dk")
    delivery, reader = delivered(version, columns=["email"]), user("reader")
    (stored,) = (settings.KENDT_FILES / "deliveries").iterdir()

    content = deliveries.download(delivery, by=reader)

    assert b"planted" not in stored.read_bytes()
    assert "planted" not in stored.name and stored.stat().st_mode & 0o077 == 0
    assert hashlib.sha256(content).hexdigest() == delivery.sha256 == delivery.manifest["sha256"]
    entries = AccessEntry.objects.order_by("id").values_list("action", "actor_label", "fields", "count")
    assert list(entries) == [
        ("partner_delivery", "system", ["email"], 1),
        ("delivery_download", "reader", ["email"], 1),
    ]


@pytest.mark.parametrize("broken", ["_manifest", "_moved"])
@pytest.mark.parametrize("fault", [OSError, SystemExit])
def test_a_file_of_people_is_not_left_behind_where_building_breaks_off(monkeypatch, broken, fault):
    version = agreement()
    members(2)
    asked = deliveries.approve(planned(version), by=user())

    def break_off(*_anything):
        assert stored_files()
        raise fault

    monkeypatch.setattr(deliveries, broken, break_off)
    with pytest.raises(fault):
        deliveries.build(asked)

    assert stored_files() == set()
    assert Delivery.objects.get().state == ("failed" if fault is OSError else "approved")


def test_files_that_no_delivery_knows_are_swept():
    version = agreement()
    members(2)
    delivery = delivered(version)
    deliveries.FILES.keep([b"left by a process that was killed"])

    deliveries.purge()
    assert len(stored_files()) == 2
    deliveries.purge(age=timedelta())

    assert stored_files() == {delivery.stored_as}


def test_the_manifest_says_under_what_the_file_went():
    version = agreement(number="DSA-1", retention_days=30)
    members(2)

    delivery = delivered(version)

    paper = delivery.manifest
    assert (paper["agreement"], paper["version"], paper["terms_sha256"]) == ("DSA-1", 1, version.terms_sha256)
    assert (paper["partner"], paper["purpose"], paper["rows"]) == ("Nordic Air", purpose().key, 2)
    assert [(column["field"], column["form"]) for column in paper["columns"]] == [
        ("opaque_id", "opaque_id"),
        ("city", "clear"),
    ]
    assert delivery.delete_due_at == delivery.built_at + timedelta(days=30)
    assert not {str(one) for one in DisclosureLink.objects.values_list("identity_ref", flat=True)} & set(str(paper))


def test_the_first_download_is_the_sending():
    agreement()
    members(1)
    delivery = delivered(agreement())

    deliveries.download(delivery, by=user())
    delivery.refresh_from_db()
    assert delivery.state == "sent"
    assert deliveries.download(delivery, by=user())


def test_a_download_names_the_delivery_and_everybody_in_the_file():
    version = agreement(number="DSA-1")
    people = members(3)
    first, second = delivered(version), delivered(version)

    deliveries.download(second, by=user("taker"))

    (entry,) = AccessEntry.objects.filter(action="delivery_download")
    assert (entry.actor_label, entry.identities, entry.count) == ("taker", sorted(one.pk for one in people), 3)
    assert entry.purpose == f"DSA-1: Partner offers, delivery {second.pk}"
    assert str(first.pk) not in entry.purpose


def test_a_plan_is_not_downloaded():
    version = agreement()
    members(1)

    with pytest.raises(deliveries.WrongState):
        deliveries.download(planned(version), by=user())


# --- Two people ---------------------------------------------------------------------------------------------------


def test_nobody_approves_their_own_request():
    version, one = agreement(), user(superuser=True)
    members(1)
    delivery = planned(version, by=one)

    with pytest.raises(deliveries.OwnRequest):
        deliveries.approve(delivery, by=one)
    with pytest.raises(Error, match="second_person"), transaction.atomic():
        execute("UPDATE partners_delivery SET approved_by_id = requested_by_id, state = 'approved'")


def test_a_delivery_is_given_up_with_a_reason():
    members(1)
    delivery = planned()

    with pytest.raises(ReasonNeeded):
        deliveries.cancel(delivery, by=user(), reason=" ")
    deliveries.cancel(delivery, by=user("anna"), reason="not needed ")

    assert Delivery.objects.values_list("state", "error").get() == ("cancelled", "anna: not needed")


def test_a_delivery_is_not_built_without_approval():
    version = agreement()
    members(1)
    delivery = planned(version)

    with pytest.raises(deliveries.WrongState):
        deliveries.build(delivery)
    assert (stored_files(), DisclosureEntry.objects.count()) == (set(), 0)


def test_what_the_agreement_forbids_is_not_even_asked_for():
    version = agreement()

    with pytest.raises(deliveries.NotPermitted) as refusal:
        planned(version, columns=["birth_date"])

    assert (refusal.value.code, refusal.value.status) == ("field_not_agreed", 409)
    assert not Delivery.objects.exists()


# --- Judged again -------------------------------------------------------------------------------------------------


def test_a_withdrawal_between_request_and_build_is_respected():
    version, people = agreement(), members(4)
    delivery = planned(version)
    assert (delivery.planned, delivery.left_out) == (4, {})
    answer(people[:1], "ConsentWithdrawn")

    delivery = build(delivery)

    assert (delivery.planned, delivery.sent, delivery.left_out) == (4, 3, {"consent_withdrawn": 1})
    assert set(DisclosureLink.objects.values_list("identity_ref", flat=True)) == {one.pk for one in people[1:]}


def test_an_agreement_that_ended_since_the_approval_blocks_the_build():
    version = agreement()
    members(1)
    delivery = planned(version)
    deliveries.approve(delivery, by=user())
    end_now(version)

    with pytest.raises(deliveries.NotPermitted) as refusal:
        deliveries.build(delivery)

    delivery.refresh_from_db()
    assert (refusal.value.code, delivery.state) == ("not_in_force", "blocked")
    assert (stored_files(), DisclosureEntry.objects.count()) == (set(), 0)
    with pytest.raises(deliveries.WrongState):
        deliveries.build(delivery)


def test_a_suspension_since_the_approval_blocks_the_build():
    version = agreement()
    members(1)
    delivery = planned(version)
    lifecycle.suspend(version.agreement, by=user(), reason="A leak.")

    with pytest.raises(deliveries.NotPermitted, match="A leak"):
        build(delivery)


def kept_here(delivery) -> deliveries.Refused:
    """The refusal of a download, which leaves no trace of an opening."""
    with pytest.raises(deliveries.Refused) as refusal:
        deliveries.download(delivery, by=user())
    assert refusal.value.status == 409
    assert not AccessEntry.objects.filter(action="delivery_download").exists()
    assert Delivery.objects.get(pk=delivery.pk).state == "ready"
    return refusal.value


def restrict(one):
    Restriction.objects.create(identity_ref=one.pk, reason_code="accuracy", effective_at=now())


def erase_link(one):
    execute("SET LOCAL kendt.erasing = 'on'")
    DisclosureLink.objects.filter(identity_ref=one.pk).delete()


@pytest.mark.parametrize("since", [lambda one: answer([one], "ConsentWithdrawn"), restrict, erase_link])
def test_a_built_file_stays_here_once_a_person_in_it_may_not_be_shared(since):
    version, people = agreement(), members(3)
    delivery = delivered(version)

    since(people[0])

    refusal = kept_here(delivery)
    assert refusal.code == "file_outdated"
    assert str(refusal).startswith("1 of the 3 people in this file may no longer be shared")
    assert "Ask for a new delivery" in str(refusal)


def test_a_file_of_which_everybody_withdrew_counts_them_all():
    version, people = agreement(), members(2)
    delivery = delivered(version)

    answer(people, "ConsentWithdrawn")

    assert str(kept_here(delivery)).startswith("2 of the 2 people")


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        (lambda version: lifecycle.suspend(version.agreement, by=user(), reason="A leak."), "suspended"),
        (end_now, "not_in_force"),
    ],
)
def test_a_built_file_stays_here_while_its_agreement_is_not_in_force(stop, code):
    version = agreement()
    members(2)
    delivery = delivered(version)

    stop(version)

    assert kept_here(delivery).code == code


def test_a_built_file_leaves_again_when_its_agreement_is_resumed():
    version = agreement()
    members(2)
    delivery = delivered(version)
    lifecycle.suspend(version.agreement, by=user(), reason="A leak.")
    kept_here(delivery)

    lifecycle.resume(version.agreement, by=user(superuser=True), reason="Mended.")

    assert deliveries.download(delivery, by=user()).count(b"Aarhus") == 2


def test_a_person_who_was_merged_since_is_judged_as_the_present_one():
    version, people = agreement(), members(2)
    delivery = delivered(version)

    steward_decisions.same(identity=people[1].pk, other=people[0].pk, reason="one person", by=None)

    assert deliveries.download(delivery, by=user()).count(b"Aarhus") == 2


def test_a_narrowed_version_judges_what_was_asked_under_the_old_one():
    version = agreement()
    members(1)
    wide, narrow = planned(version), planned(version, columns=["opaque_id"])
    second = lifecycle.new_version(version.agreement, by=user())
    lifecycle.revise(second, by=second.author, lines=[NewTermLine("opaque_id", purpose(), form="opaque_id")])
    approve_twice(lifecycle.propose(second, by=second.author))
    lifecycle.activate(second, by=user(superuser=True))

    with pytest.raises(deliveries.NotPermitted, match="city"):
        build(wide)
    narrow = build(narrow)

    assert narrow.version == second and narrow.manifest["version"] == 2


def test_a_group_that_became_too_small_is_not_built():
    version, people = agreement(min_cohort=2), members(2)
    delivery = planned(version)
    answer(people[:1], "ConsentWithdrawn")

    with pytest.raises(deliveries.NotPermitted) as refusal:
        build(delivery)

    assert refusal.value.code == "cohort_too_small"
