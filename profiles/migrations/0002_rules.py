"""Partitioned tables of events and their lines, the feed of changes, the schema of keys, and what the tables refuse."""

from django.db import migrations

from cdp.base.database.triggers import Rules

KEYS_APART = migrations.RunSQL(
    "CREATE SCHEMA IF NOT EXISTS vault; ALTER TABLE profiles_datakey SET SCHEMA vault;",
    "ALTER TABLE vault.profiles_datakey SET SCHEMA public;",
)

#: Columns by their size, so that none waits for its place: 8 bytes, 16, 4, 2, then those of any length. A key that
#: stood over all months would hold the time besides, so each partition has its own (profiles_event_month makes it).
EVENTS = migrations.RunSQL(
    """
    CREATE SEQUENCE profiles_event_id_seq;
    CREATE TABLE profiles_event (
        id bigint NOT NULL DEFAULT nextval('profiles_event_id_seq'),
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        original_at timestamptz,
        sent_at timestamptz,
        record_id bigint,
        profile_id uuid,
        name_id integer NOT NULL,
        file_import_id integer,
        source_id smallint NOT NULL,
        category varchar(200),
        order_id varchar(100),
        product_id varchar(100),
        quantity numeric(18, 4),
        price numeric(18, 4),
        amount numeric(18, 4),
        currency varchar(3),
        properties jsonb,
        sealed bytea,
        flags varchar(20)[]
    ) PARTITION BY RANGE (occurred_at);
    ALTER SEQUENCE profiles_event_id_seq OWNED BY profiles_event.id;
    CREATE TABLE profiles_event_default PARTITION OF profiles_event (PRIMARY KEY (id)) DEFAULT;
    CREATE INDEX profiles_event_of_profile ON profiles_event (profile_id, occurred_at);
    CREATE INDEX profiles_event_by_name ON profiles_event (name_id, occurred_at) INCLUDE (profile_id);
    CREATE INDEX profiles_event_by_order ON profiles_event (order_id) WHERE order_id IS NOT NULL;
    """,
    "DROP TABLE profiles_event;",
)

#: The default of the column names it by text, so it may be made after the table.
IMPORT_NUMBERS = migrations.RunSQL(
    "CREATE SEQUENCE profiles_fileimport_number_seq AS integer OWNED BY profiles_fileimport.number;",
    "DROP SEQUENCE profiles_fileimport_number_seq;",
)

LINES = migrations.RunSQL(
    """
    CREATE TABLE profiles_orderline (
        event_id bigint NOT NULL,
        occurred_at timestamptz NOT NULL,
        position integer NOT NULL CONSTRAINT profiles_orderline_from_one CHECK (position > 0),
        product_id varchar(100),
        category varchar(200),
        quantity numeric(18, 4),
        price numeric(18, 4),
        amount numeric(18, 4),
        currency varchar(3),
        properties jsonb
    ) PARTITION BY RANGE (occurred_at);
    CREATE TABLE profiles_orderline_default PARTITION OF profiles_orderline (PRIMARY KEY (event_id, position)) DEFAULT;

    -- Every line: those of orders that came whole, and each event that tells of one product, which is a line by itself.
    CREATE VIEW profiles_line AS
    SELECT event_id, occurred_at, position, product_id, category, quantity, price, amount, currency
    FROM profiles_orderline
    UNION ALL
    SELECT id, occurred_at, 1, product_id, category, quantity, price, amount, currency
    FROM profiles_event e
    WHERE product_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM profiles_orderline l WHERE (l.event_id, l.occurred_at) = (e.id, e.occurred_at));
    """,
    "DROP VIEW profiles_line; DROP TABLE profiles_orderline;",
)

VALUES_IN_USE = migrations.RunSQL(
    "ALTER TABLE profiles_valuelock SET UNLOGGED;"
    # It holds dead rows only; the less there are, the faster they are passed.
    "ALTER TABLE profiles_valuelock SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);",
    migrations.RunSQL.noop,
)

# The key is the order of reading. The present epoch is the last value of its sequence.
CHANGES = migrations.RunSQL(
    """
    CREATE SEQUENCE profiles_change_epoch AS integer;
    CREATE TABLE profiles_change (
        epoch integer NOT NULL,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
        kind varchar(20) NOT NULL
            CONSTRAINT profiles_change_kind_known
            CHECK (kind IN ('profile.created', 'profile.changed', 'profile.merged', 'profile.parted', 'profile.erased',
                            'consent.changed', 'member.entered', 'member.left', 'agreement.moved', 'delivery.moved',
                            'activation.moved', 'import.moved')),
        profile uuid,
        object uuid,
        what text[] NOT NULL,
        is_test boolean NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (epoch, xid, seq)
    );
    CREATE INDEX profiles_change_by_time ON profiles_change USING brin (recorded_at);
    """,
    "DROP TABLE profiles_change; DROP SEQUENCE profiles_change_epoch;",
)

# Which profile each identity belongs and belonged to, and when; the row without an end is the present.
IDENTITY_HISTORY = migrations.RunSQL(
    """
    CREATE VIEW profiles_identity_history AS
        SELECT id AS identity_id, profile_id AS profile, profile_since AS valid_from, NULL::timestamptz AS valid_to
        FROM profiles_sourceidentity
        UNION ALL SELECT identity_id, profile, valid_from, valid_to FROM profiles_alias;
    """,
    "DROP VIEW profiles_identity_history;",
)


class Migration(migrations.Migration):
    dependencies = [("cdp", "0002_rules"), ("profiles", "0001_initial")]
    operations = [
        KEYS_APART,
        IMPORT_NUMBERS,
        EVENTS,
        LINES,
        VALUES_IN_USE,
        CHANGES,
        IDENTITY_HISTORY,
        Rules("profiles"),
    ]
