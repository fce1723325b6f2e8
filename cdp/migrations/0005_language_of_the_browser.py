"""Who chose no language reads the one their browser asks for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cdp", "0004_home_page_by_index")]
    operations = [
        migrations.AlterField(
            "user",
            "language",
            models.CharField(
                blank=True,
                default="",
                help_text="Empty: the language of the browser.",
                max_length=2,
                verbose_name="language",
            ),
        ),
    ]
