"""The history of collection points and notices tells their purposes."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

from cdp.base.database.triggers import Rules


class Migration(migrations.Migration):
    dependencies = [
        ("cdp", "0003_history_of_users"),
        ("consents", "0002_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalCollectionPoint_purposes",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("m2m_history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                (
                    "collectionpoint",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="consents.collectionpoint",
                    ),
                ),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="consents.historicalcollectionpoint",
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
                "verbose_name": "HistoricalCollectionPoint_purposes",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalNoticeVersion_purposes",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("m2m_history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="consents.historicalnoticeversion",
                    ),
                ),
                (
                    "noticeversion",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="consents.noticeversion",
                    ),
                ),
                (
                    "purposeversion",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="consents.purposeversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalNoticeVersion_purposes",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        Rules("consents"),
    ]
