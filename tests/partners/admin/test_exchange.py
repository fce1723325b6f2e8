"""The screens of what goes out and what comes in: asked for, approved, handed over; received, described, loaded."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from partners import tasks
from partners.agreements import lifecycle
from partners.agreements.lifecycle import NewTermLine
from partners.models import Delivery, InboundFile
from partners.transfers import deliveries
from profiles.imports.run.tasks import run_import
from profiles.models import AccessEntry, SourceIdentity
from tests.builders import user
from tests.partners.admin.screens import act, page_of, text
from tests.partners.building import agreement, answer, delivered, members, planned, purpose

pytestmark = pytest.mark.django_db

MANAGER, OFFICER = "Partner manager", "Compliance officer"


# --- Deliveries ---------------------------------------------------------------------------------------------------


def asking(version) -> str:
    return reverse("admin:partners_delivery_add") + f"?agreement={version.agreement_id}"


def test_a_preview_counts_masks_and_stores_nothing(as_):
    version = agreement(lines=[NewTermLine("email", purpose())])
    members(1, email="planted@example.dk")
    answer(members(1), "ConsentWithdrawn")

    asked = {"purpose": str(purpose().pk), "columns": ["email"], "audience": ""}
    shown = text(as_(user(roles=[MANAGER])).post(asking(version), asked | {"preview": "1"}))

    assert "p•••@example.dk" in shown and "planted@" not in shown
    assert "The person has withdrawn the consent." in shown
    assert (Delivery.objects.count(), AccessEntry.objects.count()) == (0, 0)


def test_only_agreed_columns_are_offered_and_accepted(as_):
    version = agreement()
    manager = as_(user(roles=[MANAGER]))

    shown = text(manager.get(asking(version)))
    forged = {"purpose": str(purpose().pk), "columns": ["email"], "audience": "", "request": "1"}
    refused = text(manager.post(asking(version), forged))

    assert 'value="city"' in shown and 'value="email"' not in shown
    assert "email is not one of the available choices" in refused
    assert not Delivery.objects.exists()


def test_a_delivery_is_asked_for_approved_built_and_handed_over(as_, django_capture_on_commit_callbacks):
    version = agreement()
    members(2)
    manager, officer = user(roles=[MANAGER]), user(roles=[OFFICER])
    asked = {"purpose": str(purpose().pk), "columns": ["opaque_id", "city"], "audience": "", "request": "1"}
    as_(manager).post(asking(version), asked)
    delivery = Delivery.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        act(as_(officer), "delivery_approve", delivery.pk)
    tasks.build_approved()
    shown = text(as_(officer).get(page_of(delivery)))
    answered = as_(officer).post(reverse("admin:partners_delivery_file", args=[delivery.pk]))

    assert (delivery.requested_by, Delivery.objects.get().approved_by) == (manager, officer)
    assert Delivery.objects.get().sha256 in shown
    assert answered["Content-Disposition"].startswith('attachment; filename="A-nordic-air-1-')
    assert answered.content.count(b"Aarhus") == 2
    assert AccessEntry.objects.filter(action="delivery_download", actor=officer.pk).count() == 1
    assert Delivery.objects.get().state == "sent"


def test_nobody_approves_their_own_request_past_the_screen(as_):
    version, one = agreement(), user(superuser=True)
    members(1)
    delivery = planned(version, by=one)

    shown = text(as_(one).get(page_of(delivery)))
    refused = act(as_(one), "delivery_approve", delivery.pk)

    assert "Approve, and build the file" not in shown
    assert "You asked for this delivery, so somebody else approves it." in refused
    assert Delivery.objects.get().state == "planned"


def test_a_blocked_delivery_says_why(as_):
    version = agreement(min_cohort=2)
    people = members(2)
    delivery = planned(version)
    deliveries.approve(delivery, by=user())
    answer(people[:1], "ConsentWithdrawn")

    tasks.build_approved()

    shown = text(as_(user(roles=[OFFICER])).get(page_of(delivery)))
    assert "the agreement asks for at least 2" in shown


def test_a_file_that_may_not_leave_any_more_says_why(as_):
    version = agreement()
    people = members(2)
    delivery = delivered(version)
    officer = as_(user(roles=[OFFICER]))
    file = reverse("admin:partners_delivery_file", args=[delivery.pk])
    assert file in officer.get(page_of(delivery)).content.decode()
    answer(people[:1], "ConsentWithdrawn")

    told = act(officer, "delivery_file", delivery.pk)
    lifecycle.suspend(version.agreement, by=user(), reason="A leak.")
    page = officer.get(page_of(delivery))

    assert "1 of the 2 people in this file may no longer be shared, so nothing is handed out." in told
    assert file not in page.content.decode()
    assert "The file does not leave now. This may not be shared: Suspended: A leak." in text(page)
    assert Delivery.objects.get().state == "ready"


def test_a_file_is_handed_over_only_by_those_who_may_approve(as_):
    members(1)
    delivery = delivered(agreement())

    answered = as_(user(roles=[MANAGER])).post(reverse("admin:partners_delivery_file", args=[delivery.pk]))

    assert answered.status_code == 403
    assert not AccessEntry.objects.filter(action="delivery_download").exists()


# --- Files received -----------------------------------------------------------------------------------------------


def incoming():
    return agreement(lines=[NewTermLine("city", purpose(), direction="in")], direction="in")


def upload(as_, version, content: bytes):
    place = reverse("admin:partners_inboundfile_add") + f"?agreement={version.agreement_id}"
    file = SimpleUploadedFile("members.csv", content)
    return as_(user(roles=[MANAGER])).post(place, {"purpose": str(purpose().pk), "file": file, "encoding": ""})


def test_a_file_is_received_described_checked_and_loaded(as_, django_capture_on_commit_callbacks):
    version = incoming()
    upload(as_, version, b"no;where;planted\nM1;Aarhus;x\nM2;Odense;y\n")
    row = InboundFile.objects.get()
    manager = as_(user(roles=[MANAGER]))
    assert row.dropped_columns == ["where", "planted"]

    act(manager, "inboundfile_columns", row.pk, **{"column-0": "external_id", "column-1": "traits.city"})
    shown = act(manager, "inboundfile_check", row.pk)
    assert "Load it" in shown and not SourceIdentity.objects.exists()
    with django_capture_on_commit_callbacks():
        act(manager, "inboundfile_load", row.pk)
    run_import(str(row.file_import_id))

    row.refresh_from_db()
    assert (row.file_import.state, row.file_import.rows_new, row.dropped_columns) == ("done", 2, ["planted"])


def test_a_column_that_is_not_agreed_stays_dropped_whatever_is_posted(as_):
    version = incoming()
    upload(as_, version, b"no;mail\nM1;planted@example.dk\n")
    row = InboundFile.objects.get()

    act(
        as_(user(roles=[MANAGER])), "inboundfile_columns", row.pk,
        **{"column-0": "external_id", "column-1": "identifiers.email"},
    )  # fmt: skip

    row.refresh_from_db()
    assert row.dropped_columns == ["mail"] and row.file_import.mapping.spec == {"external_id": "no"}
