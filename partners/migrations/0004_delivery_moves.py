"""A delivery goes one way: what was blocked, cancelled or failed is asked for anew, never revived."""

from django.db import migrations

from cdp.kit.appendonly import PlainSQL

MOVES = PlainSQL(
    """
    CREATE FUNCTION partners_delivery_moves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
               ('planned', 'approved'), ('planned', 'cancelled'), ('approved', 'building'), ('approved', 'blocked'),
               ('approved', 'failed'), ('approved', 'cancelled'), ('building', 'ready'), ('ready', 'sent')) THEN
            RAISE EXCEPTION 'partners_delivery_moves: % does not become %', OLD.state, NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id AND OLD.approved_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'partners_delivery_moves: who approved stays'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.state IN ('approved', 'building', 'ready', 'sent') AND NEW.approved_by_id IS NULL THEN
            RAISE EXCEPTION 'partners_delivery_moves: nobody has approved this'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER delivery_moves BEFORE UPDATE ON partners_delivery
        FOR EACH ROW EXECUTE FUNCTION partners_delivery_moves();
    CREATE TRIGGER never_deleted BEFORE DELETE ON partners_delivery
        FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON partners_delivery
        FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
    """,
    """
    DROP TRIGGER never_emptied ON partners_delivery;
    DROP TRIGGER never_deleted ON partners_delivery;
    DROP TRIGGER delivery_moves ON partners_delivery;
    DROP FUNCTION partners_delivery_moves;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("partners", "0003_terms_are_proven")]
    operations = [MOVES]
