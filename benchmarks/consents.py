"""The gate and the ledger, against the bare SQL that does the same.

The gate's limit is one hand-written join of records, addresses and layers that gives the same people. The limit of
writing is an upsert of the same decisions into the record alone, without any history.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from benchmarks.measure import Ratio, compare
from cdp.base.database.ids import uuid7
from cdp.base.database.sql import as_json, execute, rows
from consents.models import CollectionPoint, NoticeVersion, Purpose
from consents.notices import publishing
from consents.permission import decision
from consents.permission.rules import question
from consents.recording import ledger
from consents.recording.statement import ConsentStatement
from consents.state.fold import COLUMNS, fold, folding
from profiles.models import Namespace, Profile, Source

PEOPLE = 100_000
FORMS = 2_000
PURPOSES = ("newsletter", "offers", "surveys")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def run() -> list[Ratio]:
    words = [_asked_for(key) for key in PURPOSES]
    source = Source.objects.create(code="shop", title="Shop", namespace=Namespace.objects.get(code="customer_no"))
    _people(source)
    _answers(source, words)
    return [_gate(), _loop(), _writing(source)]


def _asked_for(key: str) -> NoticeVersion:
    purpose = Purpose.objects.create(key=key, title=key, direct_marketing=True)
    draft = publishing.new_purpose_version(purpose, by=None, description={"en": key}, valid_months=240)
    version = publishing.publish_purpose_version(draft, by=None, in_force_from=LONG_AGO)
    words = NoticeVersion.objects.create(key=key, language="da", version=1, text=key, withdrawal_text="klik")
    words.purposes.add(version)
    point = CollectionPoint.objects.create(key=key, title=key, kind="web_form", trust="subject_direct")
    point.purposes.add(purpose)
    return publishing.publish_notice(words, by=None, in_use_from=LONG_AGO)


def _people(source: Source) -> None:
    """People with one address each, as intake leaves them; in a thousand suppressed, in two hundred objecting."""
    email = Namespace.objects.get(code="email").pk
    given = {"people": PEOPLE, "source": source.pk, "email": email}
    execute(
        """
        CREATE TEMP TABLE crowd AS
        SELECT n, gen_random_uuid() AS id, md5(n::text)::uuid AS blind
        FROM generate_series(1, %(people)s) n;
        INSERT INTO profiles_profile (id, is_test, identity_count) SELECT id, false, 1 FROM crowd;
        INSERT INTO profiles_sourceidentity (id, source_id, external_key, profile_id, profile_since, is_test)
            SELECT id, %(source)s, blind, id, '2019-01-01', false FROM crowd;
        INSERT INTO profiles_record (identity_id, source_id, version, party, digest, verified, observed_at)
            SELECT id, %(source)s, 1, 1, uuid_send(blind), false, '2019-01-01' FROM crowd;
        INSERT INTO profiles_identifier (identity_id, record_id, namespace_id, blind, sealed, verified, observed_at)
            SELECT c.id, r.id, %(email)s, blind, '', false, '2019-01-01'
            FROM crowd c JOIN profiles_record r ON r.identity_id = c.id;
        INSERT INTO consents_contactpoint (ref, namespace_id, blind)
            SELECT gen_random_uuid(), %(email)s, blind FROM crowd;
        INSERT INTO consents_suppression (id, entry, namespace_id, blind, channel, reason, note, lifted_reason)
            SELECT id, id, %(email)s, blind, 'none', 'complaint', '', '' FROM crowd WHERE n %% 1000 = 0;
        INSERT INTO consents_objection
            (identity_ref, scope, lifted, effective_at, source_id, source_event_id, reason_code, actor_ref)
            SELECT id, 'direct_marketing', false, now(), %(source)s, n::text, '', '' FROM crowd WHERE n %% 200 = 1;
        """,
        given,
    )
    execute("ANALYZE")


def _answers(source: Source, words: list[NoticeVersion]) -> None:
    """Two of three people say yes to each purpose for their address; one in six takes it back."""
    for number, notice in enumerate(words):
        version = notice.purposes.get()
        point = CollectionPoint.objects.get(key=notice.key)
        execute(
            """
            INSERT INTO consents_historicalconsentrecord (identity_ref, contact_ref, channel, purpose_id,
                controller_id, purpose_version_id, state, doi_pending, consent_type, effective_at, notice_version_id,
                language, jurisdiction, collection_point_id, trust, method, actor_kind, actor_ref, reason_code,
                source_id, source_event_id, evidence_digest, body_digest, schema_version, history_type)
            SELECT c.id, p.ref, 'email', %(purpose)s,
                o.id, %(version)s, s.state, false, 'ExpressedConsent',
                timestamptz '2025-01-01' + s.no * interval '1 day', %(notice)s, 'da', 'DK', %(point)s,
                'subject_direct', 'checkbox', 'subject', '', '', %(source)s,
                %(number)s || '/' || c.n || '/' || s.no, '', '', 1, '+'
            FROM crowd c
            JOIN consents_contactpoint p ON p.blind = c.blind
            CROSS JOIN consents_controller o
            CROSS JOIN (VALUES (0, 'ConsentGiven'), (1, 'ConsentWithdrawn')) s(no, state)
            WHERE (c.n + %(number)s) %% 3 > 0 AND (s.no = 0 OR c.n %% 6 = 0)
            """,
            {
                "purpose": version.purpose_id,
                "version": version.pk,
                "notice": notice.pk,
                "point": point.pk,
                "source": source.pk,
                "number": number,
            },
        )
    with transaction.atomic():
        fold(None)
    execute("VACUUM ANALYZE")


# The newest address of each kind is the one that is theirs, as in the gate.
BARE_GATE = """
SELECT r.profile_id FROM consents_consentrecord r
JOIN consents_contactpoint c ON c.ref = r.contact_ref
JOIN profiles_identifier i ON i.namespace_id = c.namespace_id AND i.blind = c.blind
JOIN profiles_sourceidentity s ON s.id = i.identity_id AND s.profile_id = r.profile_id
JOIN profiles_profile p ON p.id = r.profile_id AND p.erased_at IS NULL
JOIN profiles_record o ON o.id = i.record_id
WHERE r.purpose_id = %s AND r.channel = 'email' AND r.state IN ('ConsentGiven', 'RenewedConsentGiven')
  AND (r.validity_until IS NULL OR r.validity_until > now())
  AND NOT EXISTS (SELECT FROM profiles_identifier j JOIN profiles_record n ON n.id = j.record_id
                  WHERE j.identity_id = i.identity_id AND j.namespace_id = i.namespace_id
                    AND (n.observed_at, n.version) > (o.observed_at, o.version))
  AND NOT EXISTS (SELECT FROM consents_suppression x WHERE x.namespace_id = i.namespace_id AND x.blind = i.blind)
  AND NOT EXISTS (SELECT FROM consents_objection o WHERE o.identity_ref = s.id AND NOT o.lifted)
  AND NOT EXISTS (SELECT FROM consents_restriction t WHERE t.identity_ref = s.id AND NOT t.lifted)
"""


def _gate() -> Ratio:
    purpose = Purpose.objects.get(key="newsletter")
    may = decision.reachable(question("newsletter", "email"))
    ours = set(Profile.objects.filter(may).values_list("pk", flat=True))
    assert ours == {profile for (profile,) in rows(BARE_GATE, [purpose.pk])}
    return compare(
        "consent gate over everybody",
        ours=lambda: Profile.objects.filter(decision.reachable(question("newsletter", "email"))).count(),
        limit=lambda: rows(f"SELECT count(*) FROM ({BARE_GATE}) b", [purpose.pk]),
        work=PEOPLE,
        unit="people",
        goal=1 / 1.2,
    )


def _loop() -> Ratio:
    """The same question asked person by person."""
    some = list(Profile.objects.values_list("pk", flat=True)[:200])
    asked = {"purpose": "newsletter", "channel": "email"}
    return compare(
        "many at once against one by one",
        ours=lambda: decision.decide_many(some, question(**asked)),
        limit=lambda: [decision.decide(one, **asked) for one in some],
        work=len(some),
        unit="people",
        goal=10,
    )


def _writing(source: Source) -> Ratio:
    people = list(Profile.objects.values_list("pk", flat=True)[:FORMS])

    def ours():
        ledger.record([_decision(one, key, source) for one in people for key in PURPOSES])

    given = dict(zip(COLUMNS, _one_record(), strict=True))
    return compare(
        "decisions written with their history",
        ours=ours,
        limit=lambda: _upsert(people, given),
        work=len(people) * len(PURPOSES),
        unit="decisions",
        goal=0.4,
    )


def _decision(profile, key: str, source: Source) -> ConsentStatement:
    return ConsentStatement(
        profile=profile,
        purpose=key,
        state="ConsentGiven",
        effective_at=datetime.now(UTC) - timedelta(minutes=1),
        notice=(key, "da", 1),
        collection_point=key,
        source=source.code,
        source_event_id=str(uuid7()),
    )


def _one_record() -> tuple:
    return rows(f"SELECT {', '.join(COLUMNS)} FROM consents_consentrecord LIMIT 1")[0]


def _upsert(people: list, given: dict) -> None:
    """One decision a purpose for each person, straight into the record: an upsert of a JSON body."""
    purposes = list(Purpose.objects.filter(key__in=PURPOSES).values_list("pk", flat=True))
    body = [
        given | {"id": uuid7(), "profile_id": one, "purpose_id": purpose, "channel": "none", "contact_ref": None}
        for one in people
        for purpose in purposes
    ]
    with transaction.atomic(), folding():
        execute(
            f"""
            INSERT INTO consents_consentrecord ({", ".join(COLUMNS)})
            SELECT consents_choice(profile_id, contact_ref, channel, purpose_id, controller_id),
                   {", ".join(COLUMNS[1:])}
            FROM jsonb_populate_recordset(NULL::consents_consentrecord, %s::jsonb)
            ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, effective_at = EXCLUDED.effective_at
            """,
            [as_json(body)],
        )
