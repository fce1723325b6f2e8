"""One version of a notice is in use at a time, and the selectors of purposes have names that read as words."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consents", "0010_one_index_of_evidence"),
    ]

    operations = [
        migrations.AlterField(
            model_name="collectionpoint",
            name="purposes",
            field=models.ManyToManyField(
                help_text="What may be asked for here.",
                related_name="collection_points",
                to="consents.purpose",
                verbose_name="purposes",
            ),
        ),
        migrations.AlterField(
            model_name="noticeversion",
            name="purposes",
            field=models.ManyToManyField(
                help_text="What these words ask for.",
                related_name="notices",
                to="consents.purposeversion",
                verbose_name="purpose versions",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticeversion",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("published_from__isnull", False)),
                expressions=[
                    (
                        models.Func(
                            models.Func(models.F("key"), models.Value(0), function="hashtextextended"),
                            models.Func(models.F("key"), models.Value(0), function="hashtextextended"),
                            models.Value("[]"),
                            function="int8range",
                        ),
                        "=",
                    ),
                    (
                        models.Func(
                            models.Func(models.F("language"), models.Value(0), function="hashtextextended"),
                            models.Func(models.F("language"), models.Value(0), function="hashtextextended"),
                            models.Value("[]"),
                            function="int8range",
                        ),
                        "=",
                    ),
                    (
                        models.Func(
                            "published_from",
                            "published_to",
                            function="tstzrange",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="consents_noticeversion_one_in_use",
            ),
        ),
    ]
