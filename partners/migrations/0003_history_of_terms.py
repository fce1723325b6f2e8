"""The history of an agreement version tells its purposes and lines."""

import django.contrib.postgres.fields
import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

from cdp.base.database.triggers import Rules


class Migration(migrations.Migration):
    dependencies = [
        ("cdp", "0003_history_of_users"),
        ("consents", "0003_history_of_purposes_asked_for"),
        ("partners", "0002_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalagreementversion",
            name="permitted",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, size=None, verbose_name="terms"
            ),
        ),
        migrations.CreateModel(
            name="HistoricalAgreementVersion_purposes",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("m2m_history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                (
                    "agreementversion",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="partners.agreementversion",
                    ),
                ),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="partners.historicalagreementversion",
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="consents.purpose",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalAgreementVersion_purposes",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        Rules("partners"),
    ]
