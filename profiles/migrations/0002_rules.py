"""What the tables refuse, the partitioned event table, and the schema of keys."""

from django.db import migrations

from cdp.kit.appendonly import PlainSQL, append_only, guard_functions, guard_history

KEYS_APART = PlainSQL(
    "CREATE SCHEMA IF NOT EXISTS vault; ALTER TABLE profiles_subjectkey SET SCHEMA vault;",
    "ALTER TABLE vault.profiles_subjectkey SET SCHEMA public;",
)

EVENTS = PlainSQL(
    """
    CREATE TABLE profiles_event (
        id uuid NOT NULL,
        occurred_at timestamptz NOT NULL,
        source_id smallint NOT NULL,
        record_id uuid,
        profile_id uuid,
        batch_id uuid,
        type varchar(8) NOT NULL
            CONSTRAINT profiles_event_type_known
            CHECK (type IN ('track', 'page', 'screen', 'identify', 'group', 'alias')),
        name varchar(200) NOT NULL,
        category varchar(200),
        order_id varchar(100),
        product_id varchar(100),
        quantity numeric(18, 4),
        price numeric(18, 4),
        amount numeric(18, 4),
        currency varchar(3),
        properties jsonb,
        sealed bytea,
        original_at timestamptz,
        sent_at timestamptz,
        received_at timestamptz NOT NULL,
        flags varchar(20)[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (id, occurred_at)
    ) PARTITION BY RANGE (occurred_at);
    CREATE INDEX profiles_event_of_profile ON profiles_event (profile_id, occurred_at DESC) INCLUDE (name);
    CREATE INDEX profiles_event_by_name ON profiles_event (name, occurred_at)
        INCLUDE (profile_id, category, order_id, product_id, quantity, price, amount, currency, source_id);

    -- One partition a month, made when its first event comes. Two writers at once wait for each other.
    CREATE FUNCTION profiles_event_month(month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        first timestamptz := date_trunc('month', month, 'UTC');
        partition text := 'profiles_event_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
    BEGIN
        IF to_regclass(partition) IS NOT NULL THEN
            RETURN;
        END IF;
        PERFORM pg_advisory_xact_lock(hashtext('profiles_event_month'));
        IF to_regclass(partition) IS NOT NULL THEN
            RETURN;
        END IF;
        EXECUTE format('CREATE TABLE %I PARTITION OF profiles_event FOR VALUES FROM (%L) TO (%L)', partition, first,
                       (first AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
        PERFORM kendt_make_append_only(partition::regclass, '{profile_id}', true);
    END $$;
    """,
    "DROP TABLE profiles_event; DROP FUNCTION profiles_event_month;",
)


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]
    operations = [
        guard_functions(),
        KEYS_APART,
        EVENTS,
        append_only("profiles_event", but=("profile_id",), erasable=True),
        append_only("profiles_subject", but=("profile_id",), erasable=True),
        append_only("profiles_record", erasable=True),
        append_only("profiles_identifier", erasable=True),
        append_only("profiles_trait", erasable=True),
        append_only("profiles_stewarddecision", erasable=True),
        append_only("profiles_accessentry"),
        guard_history("profiles_source", "profiles_historicalsource"),
        guard_history("profiles_mapping", "profiles_historicalmapping"),
        guard_history("profiles_namespace", "profiles_historicalnamespace"),
        guard_history("profiles_attribute", "profiles_historicalattribute"),
        guard_history("profiles_sharedidentifier", "profiles_historicalsharedidentifier", but=("people_seen",)),
    ]
