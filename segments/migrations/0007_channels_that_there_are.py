"""A destination has a channel that there is: one that there was not made every count of every segment fail."""

from django.db import migrations, models

CHANNELS = [
    ("none", "no channel"),
    ("email", "e-mail"),
    ("sms", "SMS"),
    ("phone", "phone"),
    ("post", "post"),
    ("push", "push"),
    ("in_app", "in the app"),
    ("ad_audience", "ad audience"),
]


def choice():
    return models.CharField(choices=CHANNELS, max_length=12, verbose_name="channel")


class Migration(migrations.Migration):
    dependencies = [("segments", "0006_states_that_are_stored")]
    operations = [
        migrations.AlterField("destination", "channel", choice()),
        migrations.AlterField("historicaldestination", "channel", choice()),
        migrations.AddConstraint(
            "destination",
            models.CheckConstraint(
                condition=models.Q(channel__in=[code for code, _title in CHANNELS]),
                name="segments_destination_channel_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
    ]
