"""What SQL may not do to an agreement, each path tried as the owner of the database would."""

import pytest
from django.db import Error, transaction

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import as_json, execute, value
from partners import verify
from partners.agreements import approvals, lifecycle
from partners.agreements.status import status
from partners.models import AgreementVersion, Signature
from tests.builders import user
from tests.partners.building import agreement, approve_twice, approved, drafted, partner, proposed, purpose

pytestmark = pytest.mark.django_db

STANDS = "partners_(terms_stand|terms_computed|two_signed|lines_stand|lines_stay): |append-only"


def with_history(version, **changes) -> None:
    """Change a version by SQL as well as can be forged: with a history row of its own."""
    sets = ", ".join(f"{name} = %({name})s" for name in changes)
    row = AgreementVersion.history.filter(id=version.pk).values().last() | {"history_id": 10**9}
    execute(
        "INSERT INTO partners_historicalagreementversion "
        "SELECT * FROM jsonb_populate_record(NULL::partners_historicalagreementversion, %s::jsonb)",
        [as_json({key: item for key, item in row.items() if key != "in_force"})],
    )
    execute(f"UPDATE partners_agreementversion SET {sets} WHERE id = %(pk)s", changes | {"pk": version.pk})
    settle()


def settle() -> None:
    """Ask what would be asked at commit, so that nothing is pending."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET CONSTRAINTS ALL DEFERRED")


def refused(match: str):
    """The block is refused with this word of the database, and leaves nothing behind."""

    class Refusal:
        def __enter__(self):
            settle()
            self.raises = pytest.raises(Error, match=match)
            self.raises.__enter__()
            self.point = transaction.atomic()
            self.point.__enter__()

        def __exit__(self, *error):
            self.point.__exit__(*error)
            return self.raises.__exit__(*error)

    return Refusal()


def forge_signature(version, person, capacity="compliance", terms=None) -> None:
    execute(
        "INSERT INTO partners_signature (id, version_id, person_id, capacity, terms_sha256, reason, seal) "
        "VALUES (%s, %s, %s, %s, %s, '', %s)",
        [uuid7(), version.pk, person.pk, capacity, terms or version.terms_sha256, b"x" * 32],
    )


# --- Into force ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [drafted, proposed])
def test_a_plain_update_does_not_activate(build):
    version = build()

    with refused(STANDS):
        with_history(version, state="in_force")


def test_an_insert_does_not_begin_beyond_a_draft():
    version = agreement()
    columns = [field.column for field in AgreementVersion._meta.concrete_fields if field.column not in ("id", "number")]
    names = ", ".join(columns)

    with refused("begins as a draft"):
        execute(
            f"INSERT INTO partners_agreementversion (id, number, {names}) "
            f"SELECT %s, 2, {names} FROM partners_agreementversion WHERE id = %s",
            [uuid7(), version.pk],
        )


def test_one_approval_does_not_suffice_for_an_update():
    version = proposed()
    lifecycle.approve(version, by=user(superuser=True), capacity="compliance")

    with refused("two people"):
        with_history(version, state="in_force", activated_at=value("SELECT now()"))


def test_the_author_is_not_inserted_as_signer():
    version = proposed()

    with refused("the author does not approve"):
        forge_signature(version, version.author)


def test_one_person_is_not_inserted_twice():
    version, one = proposed(), user()
    forge_signature(version, one, "business")

    with refused("one_per_person"):
        forge_signature(version, one, "compliance")


def test_the_author_is_not_exchanged_to_sign_oneself():
    version = drafted()

    with refused("keeps its agreement, number and author"):
        with_history(version, author_id=user().pk)


def test_approvals_forged_by_sql_share_nothing():
    version = proposed()
    forge_signature(version, user(), "business")
    forge_signature(version, user(), "compliance")
    with_history(version, state="in_force", activated_at=value("SELECT now()"))
    row = version.agreement.history.values().last() | {"history_id": 10**9, "state": "active"}
    execute(
        "INSERT INTO partners_historicalagreement "
        "SELECT * FROM jsonb_populate_record(NULL::partners_historicalagreement, %s::jsonb)",
        [as_json(row)],
    )
    execute("UPDATE partners_agreement SET state = 'active' WHERE id = %s", [version.agreement_id])

    found = status(version.agreement)

    assert (found.code, found.allows) == ("unproven", False)


def test_a_true_approval_is_not_copied_to_another_version():
    signed, other = approved(), proposed()
    execute(
        "INSERT INTO partners_signature (id, version_id, person_id, capacity, terms_sha256, reason, seal) "
        "SELECT gen_random_uuid(), %s, person_id, capacity, %s, '', seal FROM partners_signature WHERE version_id = %s",
        [other.pk, other.terms_sha256, signed.pk],
    )

    assert {pk: len(rows) for pk, rows in approvals.standing([signed, other]).items()} == {signed.pk: 2}


# --- Afterwards ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [proposed, agreement])
@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("legal_basis", "contract"),
        ("valid_until", "2099-12-31"),
        ("retention_days", 9999),
        ("min_cohort", 0),
        ("onward_sharing", True),
        ("terms_sha256", "0" * 64),
        ("in_force", "[2000-01-01, 2099-01-01)"),
        ("proposed_at", "2001-01-01T00:00:00Z"),
    ],
)
def test_terms_do_not_change_after_proposal(build, column, other):
    version = build()

    with refused(STANDS):
        with_history(version, **{column: other})


def test_a_forged_digest_does_not_carry_old_approvals_to_new_terms():
    version = approve_twice(proposed())
    old = version.terms_sha256
    lifecycle.send_back(version, by=user(), reason="Once more.")
    version = lifecycle.revise(version, by=version.author, retention_days=3650)
    span = lifecycle.period(version.valid_from, version.valid_until, version.agreement.home_time_zone)

    with refused("digest and period must be those of the terms"):
        with_history(version, state="proposed", terms_sha256=old, in_force=span)


@pytest.mark.parametrize("build", [proposed, agreement])
@pytest.mark.parametrize(
    "act",
    [
        "UPDATE partners_termline SET field = 'email' WHERE version_id = %(pk)s",
        "DELETE FROM partners_termline WHERE version_id = %(pk)s",
        "UPDATE partners_termline SET version_id = %(draft)s WHERE version_id = %(pk)s",
        "UPDATE partners_termline SET version_id = %(pk)s WHERE version_id = %(draft)s",
        "INSERT INTO partners_termline (id, version_id, direction, purpose_id, field, form, duties) "
        "VALUES (gen_random_uuid(), %(pk)s, 'out', %(purpose)s, 'email', 'clear', '{}')",
        "DELETE FROM partners_agreementversion_purposes WHERE agreementversion_id = %(pk)s",
        "UPDATE partners_agreementversion_purposes SET agreementversion_id = %(draft)s"
        " WHERE agreementversion_id = %(pk)s",
        "INSERT INTO partners_agreementversion_purposes (agreementversion_id, purpose_id) VALUES (%(pk)s, %(other)s)",
        "TRUNCATE partners_termline",
        "TRUNCATE partners_agreementversion_purposes",
        "TRUNCATE partners_agreementversion CASCADE",
        "DELETE FROM partners_agreementversion WHERE id = %(pk)s",
    ],
)
def test_lines_and_purposes_do_not_change_after_proposal(build, act):
    version, draft = build(), drafted(lines=[lifecycle.NewTermLine("country", purpose())])
    draft.purposes.clear()
    places = {"pk": version.pk, "draft": draft.pk, "purpose": purpose().pk, "other": purpose("statistics").pk}

    with refused(STANDS):
        execute(act, places)


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE partners_signature SET person_id = %(other)s",
        "UPDATE partners_signature SET seal = decode('00', 'hex')",
        "DELETE FROM partners_signature",
        "TRUNCATE partners_signature",
    ],
)
def test_approvals_do_not_change(act):
    agreement()

    with refused("append-only"):
        execute(act, {"other": user().pk})


def test_nobody_approves_what_is_signed_already():
    version = agreement()

    with refused("not the terms that are proposed"):
        forge_signature(version, user())


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("partner_id", lambda: partner("somebody-else").pk),
        ("direction", lambda: "in"),
        ("home_time_zone", lambda: "Pacific/Auckland"),
        ("number", lambda: "A-0"),
    ],
)
def test_the_frame_of_signed_terms_does_not_change(column, other):
    version, found = agreement(), other()

    with refused("part of what was signed"):
        execute(f"UPDATE partners_agreement SET {column} = %s WHERE id = %s", [found, version.agreement_id])


def test_a_partner_keeps_the_name_that_people_consented_to():
    version = agreement()

    with refused("people consented to this name"):
        execute("UPDATE partners_partner SET public_name = 'X' WHERE id = %s", [version.agreement.partner_id])


def test_a_terminated_agreement_is_not_revived():
    version = agreement()
    lifecycle.terminate(version.agreement, by=user(), reason="Over.")

    with refused("stays so"):
        execute("UPDATE partners_agreement SET state = 'suspended' WHERE id = %s", [version.agreement_id])
    with refused(STANDS):
        with_history(version, state="in_force")


def test_a_signed_period_is_shortened_but_never_widened():
    version = agreement()
    version.refresh_from_db()
    span = version.in_force

    with refused("never widened"):
        with_history(version, in_force=f"[{span.lower.isoformat()}, infinity)")
    with_history(version, in_force=f"[{span.lower.isoformat()}, {value('SELECT now()').isoformat()})")

    assert status(version.agreement).code == "expired"


def test_an_agreement_is_not_active_without_a_signed_version():
    version = proposed()

    with refused("no version of this agreement is signed"):
        execute("UPDATE partners_agreement SET state = 'active' WHERE id = %s", [version.agreement_id])


def test_terms_changed_with_triggers_off_no_longer_verify():
    version = agreement()
    assert verify.verify()["terms"] == 0
    settle()
    execute("ALTER TABLE partners_termline DISABLE TRIGGER USER")
    execute("UPDATE partners_termline SET field = 'email' WHERE field = 'city'")
    settle()
    execute("ALTER TABLE partners_termline ENABLE TRIGGER USER")

    assert status(version.agreement).code == "unproven"
    assert not approvals.proven([version])
    assert verify.verify()["terms"] == 1


def test_every_column_of_a_version_is_in_the_digest_or_moves_with_its_state():
    body = value("SELECT prosrc FROM pg_proc WHERE proname = 'partners_terms_digest'")
    moving = {"id", "state", "in_force", "terms_sha256", "proposed_at", "activated_at"}
    columns = {field.column for field in AgreementVersion._meta.concrete_fields}

    assert {column for column in columns if f"v.{column}" not in body} == moving - {"id"}


def test_the_seal_of_an_approval_binds_all_of_it():
    version, person = uuid7(), uuid7()
    whole = approvals.seal(version, person, "business", "a" * 64)
    others = {
        approvals.seal(uuid7(), person, "business", "a" * 64),
        approvals.seal(version, uuid7(), "business", "a" * 64),
        approvals.seal(version, person, "compliance", "a" * 64),
        approvals.seal(version, person, "business", "b" * 64),
    }

    assert len(others | {whole}) == 5
    assert Signature._meta.get_field("seal").max_length == len(whole) == 32
