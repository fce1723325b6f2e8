"""The life of an agreement: who may write, approve and activate, and what follows."""

from datetime import date, timedelta

import pytest

from cdp.base.errors import ReasonNeeded
from partners.agreements import completeness, lifecycle
from partners.agreements.lifecycle import NewTermLine
from partners.agreements.status import status
from partners.models import Agreement, Signature
from profiles.models import Attribute
from tests.builders import user
from tests.partners.building import (
    agreement,
    approve_twice,
    approved,
    drafted,
    partner,
    proposed,
    purpose,
)

pytestmark = pytest.mark.django_db


def boss():
    return user(superuser=True)


def codes(gaps) -> set[str]:
    return {gap.code for gap in gaps}


# --- Two others -------------------------------------------------------------------------------------------------


def test_an_agreement_is_in_force_after_two_approvals_of_others():
    version = approved()

    version = lifecycle.activate(version, by=boss())

    assert version.state == "in_force"
    assert status(version.agreement).code == "in_force"
    assert list(version.history.values_list("state", flat=True)) == ["in_force", "proposed", "draft"]


@pytest.mark.parametrize("superuser", [False, True])
def test_the_author_does_not_approve_even_as_superuser(superuser):
    author = user(superuser=superuser)
    version = proposed(by=author)

    with pytest.raises(lifecycle.OwnVersion):
        lifecycle.approve(version, by=author, capacity="compliance")


def test_the_author_does_not_activate():
    version = approved()

    with pytest.raises(lifecycle.OwnVersion):
        lifecycle.activate(version, by=version.author)


def test_one_person_does_not_approve_twice():
    version, one = proposed(), boss()
    lifecycle.approve(version, by=one, capacity="business")

    with pytest.raises(lifecycle.ApprovedAlready):
        lifecycle.approve(version, by=one, capacity="compliance")


def test_one_approval_is_not_enough():
    version = proposed()
    lifecycle.approve(version, by=boss(), capacity="compliance")

    with pytest.raises(lifecycle.Incomplete) as refusal:
        lifecycle.activate(version, by=boss())

    assert [error["code"] for error in refusal.value.errors] == ["approvals"]


def test_two_approvals_for_the_business_lack_compliance():
    version = proposed()
    for _number in range(2):
        lifecycle.approve(version, by=boss(), capacity="business")

    with pytest.raises(lifecycle.Incomplete) as refusal:
        lifecycle.activate(version, by=boss())

    assert [error["code"] for error in refusal.value.errors] == ["compliance_approval"]


@pytest.mark.parametrize(("role", "capacity"), [("Partner manager", "compliance"), ("Compliance officer", "business")])
def test_nobody_approves_in_a_capacity_that_is_not_theirs(role, capacity):
    version = proposed()

    with pytest.raises(lifecycle.MayNotApprove):
        lifecycle.approve(version, by=user(roles=[role]), capacity=capacity)


# --- The text that was approved -----------------------------------------------------------------------------------


def test_a_changed_text_voids_the_approvals_of_the_old_one():
    version = approve_twice(proposed())
    lifecycle.send_back(version, by=boss(), reason="Retention is too long.")
    lifecycle.revise(version, by=version.author, retention_days=30)
    version = lifecycle.propose(version, by=version.author)

    with pytest.raises(lifecycle.Incomplete) as refusal:
        lifecycle.activate(version, by=boss())

    assert {error["code"] for error in refusal.value.errors} == {"approvals", "compliance_approval"}
    assert Signature.objects.filter(version=version).count() == 2


def test_approvals_of_an_unchanged_text_stand_after_it_was_sent_back():
    version = approve_twice(proposed())
    lifecycle.send_back(version, by=boss(), reason="A question.")
    version = lifecycle.propose(version, by=version.author)

    assert lifecycle.activate(version, by=boss()).state == "in_force"


def test_who_reads_old_terms_does_not_approve_new_ones():
    version = proposed()

    with pytest.raises(lifecycle.TermsChanged):
        lifecycle.approve(version, by=boss(), capacity="business", seen="0" * 64)


CHANGES = {
    "a term": {"retention_days": 31},
    "a day": {"valid_until": date.today() + timedelta(days=366)},
    "a purpose": {"purposes": lambda: [purpose(), purpose("statistics")]},
    "a field": {"lines": lambda: [NewTermLine("city", purpose()), NewTermLine("country", purpose())]},
    "a form": {"lines": lambda: [NewTermLine("birth_date", purpose(), form="bucketed")]},
    "a direction": {"lines": lambda: [NewTermLine("city", purpose(), direction="in")]},
    "a limit": {"lines": lambda: [NewTermLine("city", purpose(), max_rows=10)]},
    "a duty": {"lines": lambda: [NewTermLine("city", purpose(), duties=("no_profiling",))]},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_of_terms_gives_another_digest(change):
    version = drafted(lines=[NewTermLine("city", purpose())])
    before = lifecycle.propose(version, by=version.author).terms_sha256
    lifecycle.send_back(version, by=boss(), reason="Once more.")

    lifecycle.revise(version, by=version.author, **{k: v() if callable(v) else v for k, v in change.items()})

    assert lifecycle.propose(version, by=version.author).terms_sha256 != before


def test_only_the_author_changes_a_draft():
    version = drafted()

    with pytest.raises(lifecycle.NotTheAuthor):
        lifecycle.revise(version, by=boss(), retention_days=1)
    with pytest.raises(lifecycle.NotTheAuthor):
        lifecycle.propose(version, by=boss())


def test_a_proposed_version_is_not_revised():
    version = proposed()

    with pytest.raises(lifecycle.WrongState):
        lifecycle.revise(version, by=version.author, retention_days=1)


def test_a_new_version_is_a_copy_with_an_author_of_its_own():
    first, other = agreement(), user()

    second = lifecycle.new_version(first.agreement, by=other)

    assert (second.number, second.state, second.author) == (2, "draft", other)
    assert [getattr(second, name) for name in lifecycle.TERMS] == [getattr(first, name) for name in lifecycle.TERMS]
    assert set(second.purposes.all()) == set(first.purposes.all())
    assert {(line.field, line.form) for line in second.lines.all()} == {("opaque_id", "opaque_id"), ("city", "clear")}


def test_a_new_version_in_force_ends_the_one_before_it():
    first = agreement()
    second = lifecycle.new_version(first.agreement, by=user())
    approve_twice(lifecycle.propose(second, by=second.author))
    second = lifecycle.activate(second, by=boss())

    first.refresh_from_db()

    assert (first.state, second.state) == ("superseded", "in_force")
    assert first.in_force.upper == second.activated_at


def test_a_version_of_tomorrow_leaves_the_present_one_in_force_until_then():
    first = agreement()
    second = lifecycle.new_version(first.agreement, by=user())
    lifecycle.revise(second, by=second.author, valid_from=date.today() + timedelta(days=10))
    approve_twice(lifecycle.propose(second, by=second.author))
    second = lifecycle.activate(second, by=boss())

    first.refresh_from_db()

    assert (first.state, second.state) == ("in_force", "in_force")
    assert first.in_force.upper == second.in_force.lower
    assert status(first.agreement).version == first
    assert status(first.agreement, as_of=second.in_force.lower).version == second


# --- What is missing ----------------------------------------------------------------------------------------------


def test_a_bare_draft_lists_everything_it_lacks():
    club = partner("club", country="US", deletion_contact="", status="prospect")
    version = drafted(
        to=club, lines=[], legal_basis="", arrangement_ref=" ", relevance_note="", valid_until=date.today()
    )
    version.purposes.clear()

    assert codes(completeness.missing(version)) == {
        "legal_basis",
        "arrangement",
        "relevance",
        "purposes",
        "lines",
        "partner_not_approved",
        "deletion_contact",
        "transfer_tool_missing",
        "approvals",
        "compliance_approval",
    }


def test_an_agreement_without_legal_basis_is_not_proposed():
    version = drafted(legal_basis="")

    with pytest.raises(lifecycle.Incomplete, match="legal basis"):
        lifecycle.propose(version, by=version.author)


def test_a_partner_outside_the_eea_needs_a_transfer_tool():
    version = approve_twice(proposed(to=partner("us-ads", country="US")))

    with pytest.raises(lifecycle.Incomplete) as refusal:
        lifecycle.activate(version, by=boss())

    assert [error["code"] for error in refusal.value.errors] == ["transfer_tool_missing"]


def test_a_period_that_is_over_is_not_activated():
    version = drafted(valid_from=date.today() - timedelta(days=9), valid_until=date.today() - timedelta(days=2))

    with pytest.raises(lifecycle.Incomplete, match="period is over"):
        lifecycle.propose(version, by=version.author)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("no_such_field", "out", "clear"), "unknown_field"),
        (("diagnosis", "out", "clear"), "special_category"),
        (("third_party_id", "out", "clear"), "never_shared"),
        (("opaque_id", "out", "clear"), "line_form"),
        (("city", "out", "opaque_id"), "line_form"),
        (("email", "out", "bucketed"), "line_form"),
    ],
)
def test_a_line_that_no_agreement_may_have_is_named(line, code):
    Attribute.objects.create(code="diagnosis", title="Diagnosis", classification="special")
    field, direction, form = line
    version = drafted(lines=[NewTermLine(field, purpose(), direction, form)])

    with pytest.raises(lifecycle.Incomplete) as refusal:
        lifecycle.propose(version, by=version.author)

    assert [error["code"] for error in refusal.value.errors] == [code]
    assert field in str(refusal.value)


def test_a_line_for_a_purpose_that_the_agreement_lacks_is_named():
    version = drafted(lines=[NewTermLine("city", purpose("statistics"))])

    with pytest.raises(lifecycle.Incomplete, match="Statistics"):
        lifecycle.propose(version, by=version.author)


# --- Stopping -----------------------------------------------------------------------------------------------------


def test_a_suspended_agreement_goes_on_only_when_compliance_says_so():
    version = agreement()
    lifecycle.suspend(version.agreement, by=user(), reason="A leak is examined.")
    assert status(version.agreement)[:2] == ("suspended", "Suspended: A leak is examined.")

    with pytest.raises(lifecycle.MayNotApprove):
        lifecycle.resume(version.agreement, by=user(roles=["Partner manager"]), reason="Fine.")
    lifecycle.resume(version.agreement, by=user(roles=["Compliance officer"]), reason="It was none.")

    assert status(version.agreement).allows


def test_a_terminated_agreement_is_over_for_good():
    version = agreement()
    lifecycle.terminate(version.agreement, by=user(), reason="They were sold.")

    assert status(version.agreement).code == "terminated"
    with pytest.raises(lifecycle.WrongState):
        lifecycle.resume(version.agreement, by=boss(), reason="Back.")
    with pytest.raises(lifecycle.WrongState):
        lifecycle.new_version(version.agreement, by=user())


def test_a_withdrawn_draft_is_not_activated():
    version = approved()
    lifecycle.withdraw(version.agreement, by=version.author, reason="Never mind.")

    with pytest.raises(lifecycle.WrongState):
        lifecycle.activate(version, by=boss())


def test_stopping_asks_for_a_reason_and_keeps_it_with_who_gave_it():
    version, one = agreement(), user()

    with pytest.raises(ReasonNeeded):
        lifecycle.suspend(version.agreement, by=one, reason="  ")
    lifecycle.suspend(version.agreement, by=one, reason="A leak is examined.")

    last = Agreement.objects.get(pk=version.agreement_id).history.first()
    assert (last.history_user_id, last.history_change_reason) == (one.pk, "A leak is examined.")
