"""The screens of partners: what they show, what they let whom do, and what they refuse."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.models import Agreement, AgreementVersion, Delivery, Partner, Signature
from tests.builders import user
from tests.partners.admin.screens import act, page_of, text
from tests.partners.building import (
    agreement,
    delivered,
    drafted,
    members,
    partner,
    planned,
    proposed,
    purpose,
)

pytestmark = pytest.mark.django_db

MANAGER, OFFICER = "Partner manager", "Compliance officer"


def form_of(**other) -> dict:
    """A filled form of an agreement with one line."""
    lines = {"field": "city", "purpose": str(purpose().pk), "direction": "out", "form": "clear", "max_rows": ""}
    return {
        "partner": str(partner().pk),
        "number": "DSA-9",
        "title": "Offers",
        "direction": "out",
        "home_time_zone": "Europe/Copenhagen",
        "legal_basis": "consent",
        "our_role": "controller",
        "partner_role": "controller",
        "arrangement_ref": "Each answers for their own part.",
        "transfer_tool": "",
        "valid_from": str(date.today()),
        "valid_until": str(date.today() + timedelta(days=30)),
        "retention_days": "90",
        "deletion_sla_hours": "72",
        "min_cohort": "1",
        "relevance_note": "Offers that fit.",
        "document_sha256": "",
        "purposes": [str(purpose().pk)],
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "0",
        **{f"lines-0-{name}": found for name, found in (lines | {"duties": "cite_source, no_profiling"}).items()},
    } | other


# --- Agreements ---------------------------------------------------------------------------------------------------


def test_an_agreement_goes_from_draft_into_force_by_four_hands(as_):
    author, manager, officer = user(roles=[MANAGER]), user(roles=[MANAGER]), user(roles=[OFFICER])
    as_(author).post(reverse("admin:partners_agreement_add"), form_of())
    version = AgreementVersion.objects.get()
    place = {"version": version.number}

    act(as_(author), "agreement_propose", version.agreement_id, **place)
    version.refresh_from_db()
    shown = {"seen": version.terms_sha256, **place}
    act(as_(manager), "agreement_approve", version.agreement_id, capacity="business", **shown)
    act(as_(officer), "agreement_approve", version.agreement_id, capacity="compliance", **shown)
    answered = act(as_(officer), "agreement_activate", version.agreement_id, **place)

    version.refresh_from_db()
    assert (version.state, version.author) == ("in_force", author)
    assert "Yes, within the terms below" in answered
    assert [(line.field, line.duties) for line in version.lines.all()] == [("city", ["cite_source", "no_profiling"])]
    assert list(version.history.values_list("history_user_id", flat=True)) == [officer.pk, author.pk, author.pk]


def test_a_duty_is_kept_as_it_was_written_or_refused(as_):
    duty = "deletes what it no longer needs at the end of each month"

    answered = as_(user(roles=[MANAGER])).post(
        reverse("admin:partners_agreement_add"), form_of(**{"lines-0-duties": f"cite_source, {duty}"})
    )

    assert "Write each duty in at most 40 characters." in answered.content.decode()
    assert not AgreementVersion.objects.exists()


def test_the_author_sees_no_button_to_approve_and_is_refused_past_it(as_):
    author = user(roles=[MANAGER])
    version = proposed(by=author)

    shown = text(as_(author).get(page_of(version.agreement)))
    refused = act(
        as_(author),
        "agreement_approve",
        version.agreement_id,
        version=1,
        seen=version.terms_sha256,
        capacity="business",
    )

    assert "Approve for" not in shown and "You wrote this version" in shown
    assert "You wrote this version, so two others approve and activate it." in refused
    assert not Signature.objects.exists()


def test_each_sees_only_the_capacity_that_is_theirs(as_):
    version = proposed()

    manager = text(as_(user(roles=[MANAGER])).get(page_of(version.agreement)))
    officer = text(as_(user(roles=[OFFICER])).get(page_of(version.agreement)))

    assert "Approve for business owner" in manager and "Approve for compliance" not in manager
    assert "Approve for compliance" in officer and "Approve for business owner" not in officer


def test_terms_that_changed_while_they_were_read_are_not_approved(as_):
    version = proposed()

    refused = act(
        as_(user(roles=[OFFICER])), "agreement_approve", version.agreement_id, version=1, seen="0" * 64,
        capacity="compliance",
    )  # fmt: skip

    assert "no longer those that you were shown" in refused and not Signature.objects.exists()


def test_an_approval_that_is_not_complete_says_so(as_):
    version = proposed()

    told = act(
        as_(user(roles=[OFFICER])), "agreement_approve", version.agreement_id, version=1, seen=version.terms_sha256,
        capacity="compliance", note="x" * 1001,
    )  # fmt: skip

    assert "at most 1000 characters" in told and not Signature.objects.exists()


def test_a_draft_tells_everything_it_lacks(as_):
    version = drafted(legal_basis="", lines=[])

    shown = text(as_(user(roles=[OFFICER])).get(page_of(version.agreement)))

    assert "No, nothing may be exchanged" in shown
    assert "The legal basis is not stated." in shown and "the list of terms is empty" in shown


def test_a_draft_is_changed_by_its_author_alone(as_):
    author = user(roles=[MANAGER])
    version = drafted(by=author)
    place = reverse("admin:partners_agreement_edit", args=[version.agreement_id, 1])

    as_(user(roles=[MANAGER])).post(place, form_of(retention_days="9"))
    version.refresh_from_db()
    assert version.retention_days == 90
    as_(author).post(place, form_of(retention_days="9"))
    version.refresh_from_db()
    assert version.retention_days == 9


def test_a_line_given_twice_is_said_where_it_stands(as_):
    given = form_of()
    again = {name.replace("-0-", "-1-"): found for name, found in given.items() if name.startswith("lines-0-")}

    answered = as_(user(roles=[MANAGER])).post(
        reverse("admin:partners_agreement_add"), given | again | {"lines-TOTAL_FORMS": "2"}
    )

    assert "The same line stands above." in answered.content.decode()
    assert not Agreement.objects.exists()


def test_a_wrong_form_says_where_and_keeps_what_was_typed(as_):
    wrong = form_of(valid_until="", title="Typed title", **{"lines-0-purpose": ""})

    answered = as_(user(roles=[MANAGER])).post(reverse("admin:partners_agreement_add"), wrong)

    assert answered.status_code == 200 and not Agreement.objects.exists()
    assert "Choose the purpose." in text(answered) and "Typed title" in text(answered)


def test_versions_show_what_changed_in_words(as_):
    first = agreement()
    manager = user(roles=[MANAGER])
    act(as_(manager), "agreement_new_version", first.agreement_id)
    second = first.agreement.versions.get(number=2)
    place = reverse("admin:partners_agreement_edit", args=[first.agreement_id, 2])
    as_(manager).post(place, form_of(retention_days="9"))

    shown = " ".join(text(as_(manager).get(page_of(first.agreement, "?version=2"))).split())

    assert '<del class="k-removed">90</del> <ins class="k-added">9</ins>' in shown
    assert '<del class="k-removed">Opaque id (opaque id, out, for Partner offers)</del>' in shown
    assert second.author == manager


def test_a_suspended_agreement_says_why(as_):
    version = agreement()

    shown = act(as_(user(roles=[OFFICER])), "agreement_act", (version.agreement_id, "suspend"), reason="A leak.")

    assert "No, nothing may be exchanged" in shown and "A leak." in shown


def test_stopping_without_a_reason_is_refused(as_):
    version = agreement()

    shown = act(as_(user(roles=[OFFICER])), "agreement_act", (version.agreement_id, "terminate"), reason=" ")

    assert "Say why." in shown and Agreement.objects.get().state == "active"


def test_the_list_of_agreements_costs_the_same_for_one_and_three(as_):
    counts = []
    for numbers in (["A"], ["B", "C"]):
        for number in numbers:
            agreement(number=number)
        signed_in = as_(user(superuser=True))
        signed_in.get(reverse("admin:partners_agreement_changelist"))
        with CaptureQueriesContext(connection) as asked:
            signed_in.get(reverse("admin:partners_agreement_changelist"))
        counts.append(len(asked))

    assert counts[0] == counts[1]


# --- Partners -----------------------------------------------------------------------------------------------------


def test_the_name_that_people_consented_to_is_not_edited(as_):
    version = agreement()
    one = version.agreement.partner
    fields = {"legal_name": "New A/S", "public_name": "Other", "country": "DK", "status": "approved"}

    as_(user(roles=[MANAGER])).post(page_of(one), fields)

    found = Partner.objects.get(pk=one.pk)
    assert (found.legal_name, found.public_name) == ("New A/S", "Nordic Air")


def test_a_partner_tells_of_how_many_people_it_holds_data(as_):
    members(3)
    delivery = delivered()

    shown = text(as_(user(roles=[MANAGER])).get(page_of(delivery.version.agreement.partner)))

    assert "People whose data they got" in shown and "<dd>3</dd>" in shown


# --- Who may ------------------------------------------------------------------------------------------------------

PAGES = ["partner", "agreement", "agreementversion", "termline", "signature", "delivery", "inboundfile",
         "disclosureentry", "disclosurelink"]  # fmt: skip


@pytest.mark.parametrize("model", PAGES)
@pytest.mark.parametrize(("role", "status"), [(MANAGER, 200), (OFFICER, 200), ("Auditor", 200), ("Marketer", 403)])
def test_lists_are_open_to_those_whose_task_it_is(as_, model, role, status):
    assert as_(user(roles=[role])).get(reverse(f"admin:partners_{model}_changelist")).status_code == status


ACTS = [
    ("agreement_new_version", ()),
    ("agreement_propose", ()),
    ("agreement_activate", ()),
    ("agreement_send_back", ()),
    ("agreement_act", ("terminate",)),
    ("delivery_approve", ()),
    ("delivery_build", ()),
    ("delivery_cancel", ()),
    ("delivery_file", ()),
]


@pytest.mark.parametrize(("name", "more"), ACTS)
@pytest.mark.parametrize("role", ["Auditor", "Marketer"])
def test_who_only_looks_changes_nothing(as_, name, more, role):
    version = agreement()
    members(1)
    key = planned(version).pk if name.startswith("delivery") else version.agreement_id

    place = reverse(f"admin:partners_{name}", args=[key, *more])

    assert as_(user(roles=[role])).post(place, {"version": 1, "reason": "x"}).status_code == 403
    assert as_(user(superuser=True)).get(place).status_code == 405
    assert (Agreement.objects.get().state, Delivery.objects.exclude(state="planned").count()) == ("active", 0)


def test_the_page_of_a_person_tells_who_got_the_data(as_):
    (anna,) = members(1)
    delivery = delivered(agreement(number="DSA-7"))

    shown = text(
        as_(user(roles=[OFFICER])).get(reverse("admin:profiles_profile_change", args=[anna.pk]) + "?tab=shares")
    )

    assert "Nordic Air" in shown and "DSA-7" in shown and "Opaque id" in shown
    assert delivery.disclosures.get().pseudonym not in shown


@pytest.mark.parametrize("key", ["00000000-0000-7000-8000-000000000000", "nonsense"])
@pytest.mark.parametrize("model", ["agreement", "delivery", "inboundfile"])
def test_an_unknown_row_is_not_found(as_, model, key):
    place = reverse(f"admin:partners_{model}_changelist") + f"{key}/change/"

    assert as_(user(superuser=True)).get(place).status_code == 404
