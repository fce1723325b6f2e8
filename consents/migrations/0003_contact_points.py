"""Contact points under random ids, and what the fold needs: corrections by index, and the id of a choice."""

import django.db.models.deletion
from django.db import migrations, models

import cdp.kit.ids
from cdp.kit.appendonly import PlainSQL, append_only

FOLD = PlainSQL(
    """
    CREATE INDEX consents_ledger_corrections
        ON consents_historicalconsentrecord (supersedes) WHERE supersedes IS NOT NULL;

    -- The id of a choice key: the same whenever it is folded again. 128 bits of SHA-256.
    CREATE FUNCTION consents_choice(
        owner uuid, contact uuid, channel text, purpose uuid, controller uuid
    ) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT substr(encode(sha256(convert_to(
            owner::text || coalesce(contact::text, '-') || channel || purpose::text || controller::text, 'UTF8'
        )), 'hex'), 1, 32)::uuid
    $$;
    """,
    """
    DROP FUNCTION consents_choice;
    DROP INDEX consents_ledger_corrections;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("consents", "0002_rules"), ("profiles", "0002_rules")]
    operations = [
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.UUIDField(
                        db_index=True, default=cdp.kit.ids.uuid7, editable=False, verbose_name="contact point"
                    ),
                ),
                ("blind", models.BinaryField(max_length=32, verbose_name="blind index")),
                (
                    "namespace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.namespace",
                        verbose_name="kind of contact point",
                    ),
                ),
            ],
            options={"verbose_name": "contact point", "verbose_name_plural": "contact points"},
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.UniqueConstraint(
                fields=("namespace", "blind"), name="consents_contactpoint_one_ref_per_value"
            ),
        ),
        append_only("consents_contactpoint", erasable=True),
        FOLD,
    ]
