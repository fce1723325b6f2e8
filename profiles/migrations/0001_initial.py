import cdp.base.database.ids
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.lookups
import profiles.models.changes
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("epoch", models.IntegerField()),
                ("xid", profiles.models.changes.TransactionId()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("profile.created", "profile created"),
                            ("profile.changed", "profile changed"),
                            ("profile.merged", "profile merged into another"),
                            ("profile.parted", "profile parted from another"),
                            ("profile.erased", "profile erased"),
                            ("consent.changed", "consent changed"),
                            ("member.entered", "member entered"),
                            ("member.left", "member left"),
                            ("agreement.moved", "new state of an agreement"),
                            ("delivery.moved", "new state of a delivery"),
                            ("activation.moved", "new state of an activation"),
                            ("import.moved", "new state of an import"),
                        ],
                        max_length=20,
                        verbose_name="change",
                    ),
                ),
                ("profile", models.UUIDField(null=True, verbose_name="profile")),
                ("object", models.UUIDField(null=True, verbose_name="concerns")),
                (
                    "what",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None, verbose_name="what"
                    ),
                ),
                ("is_test", models.BooleanField(default=False, verbose_name="test data")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded"),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
                "db_table": "profiles_change",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="when")),
                ("category", models.CharField(max_length=200, null=True, verbose_name="category")),
                ("order_id", models.CharField(max_length=100, null=True, verbose_name="order")),
                ("product_id", models.CharField(max_length=100, null=True, verbose_name="product")),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="quantity")),
                ("price", models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="price")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="amount")),
                ("currency", models.CharField(max_length=3, null=True, verbose_name="currency")),
                (
                    "properties",
                    models.JSONField(help_text="Open properties only.", null=True, verbose_name="properties"),
                ),
                (
                    "sealed",
                    models.BinaryField(
                        help_text="Personal properties, sealed to the person of the record.",
                        null=True,
                        verbose_name="sealed properties",
                    ),
                ),
                ("original_at", models.DateTimeField(null=True, verbose_name="time by the sender's clock")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), null=True, size=None, verbose_name="flags"
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "db_table": "profiles_event",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "event_id", "position", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="when")),
                ("position", models.IntegerField(verbose_name="position")),
                ("product_id", models.CharField(max_length=100, null=True, verbose_name="product")),
                ("category", models.CharField(max_length=200, null=True, verbose_name="category")),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="quantity")),
                ("price", models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="price")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="amount")),
                ("currency", models.CharField(max_length=3, null=True, verbose_name="currency")),
                (
                    "properties",
                    models.JSONField(help_text="Open properties only.", null=True, verbose_name="properties"),
                ),
            ],
            options={
                "verbose_name": "order line",
                "verbose_name_plural": "order lines",
                "db_table": "profiles_orderline",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="DataKey",
            fields=[
                ("identity", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("wrapped", models.BinaryField(null=True)),
                ("kek_version", models.PositiveSmallIntegerField()),
                ("destroyed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "key of a person",
                "verbose_name_plural": "keys of people",
            },
        ),
        migrations.CreateModel(
            name="EventKey",
            fields=[
                ("key", models.UUIDField(editable=False, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "event key",
                "verbose_name_plural": "event keys",
            },
        ),
        migrations.CreateModel(
            name="IngestRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_test", models.BooleanField(default=False, verbose_name="test data")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                (
                    "sealed",
                    models.BinaryField(
                        help_text="Emptied once its events are stored.", null=True, verbose_name="sealed body"
                    ),
                ),
                ("events", models.PositiveIntegerField(default=0, verbose_name="events")),
                ("stored", models.PositiveIntegerField(default=0, verbose_name="stored")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("done", "done"), ("failed", "set aside")],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
            ],
            options={
                "verbose_name": "received call",
                "verbose_name_plural": "received calls",
            },
        ),
        migrations.CreateModel(
            name="AccessEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="when"
                    ),
                ),
                (
                    "actor",
                    models.UUIDField(
                        help_text="A plain reference: staff may leave, the log stays.",
                        null=True,
                        verbose_name="user id",
                    ),
                ),
                ("actor_label", models.CharField(max_length=150, verbose_name="who")),
                ("action", models.SlugField(max_length=40, verbose_name="action")),
                ("purpose", models.TextField(verbose_name="purpose")),
                (
                    "identities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None, verbose_name="people"
                    ),
                ),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None, verbose_name="fields"
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0, verbose_name="values")),
                ("allowed", models.BooleanField(default=True, verbose_name="allowed")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request")),
            ],
            options={
                "verbose_name": "access log entry",
                "verbose_name_plural": "access log",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["actor", "-id"], name="profiles_access_by_actor"),
                    django.contrib.postgres.indexes.GinIndex(fields=["identities"], name="profiles_access_by_person"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attribute",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "text"),
                            ("number", "number"),
                            ("date", "date"),
                            ("boolean", "yes or no"),
                            ("list", "list"),
                        ],
                        default="text",
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                (
                    "classification",
                    models.CharField(
                        choices=[
                            ("direct", "direct identifier"),
                            ("quasi", "quasi-identifier"),
                            ("special", "special category"),
                            ("open", "open"),
                        ],
                        max_length=8,
                        verbose_name="classification",
                    ),
                ),
                (
                    "group",
                    models.SlugField(
                        blank=True,
                        help_text="Attributes of one group come from one record, such as an address.",
                        max_length=40,
                        verbose_name="group",
                    ),
                ),
                (
                    "freshness_days",
                    models.PositiveIntegerField(
                        default=365,
                        help_text="How long a value that the person stated stands first.",
                        verbose_name="fresh for (days)",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "attribute",
                "verbose_name_plural": "attributes",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["text", "number", "date", "boolean", "list"])),
                        name="profiles_attribute_type_known",
                        violation_error_message="This is not one of the known choices.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("classification__in", ["direct", "quasi", "special", "open"])),
                        name="profiles_attribute_classification_known",
                        violation_error_message="This is not one of the known choices.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventName",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("track", "did"),
                            ("page", "saw a page"),
                            ("screen", "saw a screen"),
                            ("identify", "was identified"),
                            ("group", "joined a group"),
                            ("alias", "got a new id"),
                        ],
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
            ],
            options={
                "verbose_name": "name of events",
                "verbose_name_plural": "names of events",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["track", "page", "screen", "identify", "group", "alias"])),
                        name="profiles_eventname_type_known",
                        violation_error_message="This is not one of the known choices.",
                    ),
                    models.UniqueConstraint(fields=("name", "type"), name="profiles_eventname_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalAttribute",
            fields=[
                ("id", models.IntegerField(blank=True, db_index=True)),
                ("code", models.SlugField(max_length=60, verbose_name="code")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "text"),
                            ("number", "number"),
                            ("date", "date"),
                            ("boolean", "yes or no"),
                            ("list", "list"),
                        ],
                        default="text",
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                (
                    "classification",
                    models.CharField(
                        choices=[
                            ("direct", "direct identifier"),
                            ("quasi", "quasi-identifier"),
                            ("special", "special category"),
                            ("open", "open"),
                        ],
                        max_length=8,
                        verbose_name="classification",
                    ),
                ),
                (
                    "group",
                    models.SlugField(
                        blank=True,
                        help_text="Attributes of one group come from one record, such as an address.",
                        max_length=40,
                        verbose_name="group",
                    ),
                ),
                (
                    "freshness_days",
                    models.PositiveIntegerField(
                        default=365,
                        help_text="How long a value that the person stated stands first.",
                        verbose_name="fresh for (days)",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                ("history_user_id", models.UUIDField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical attribute",
                "verbose_name_plural": "historical attributes",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [models.Index(fields=["history_date", "id"], name="profiles_hi_history_4c1630_idx")],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalNamespace",
            fields=[
                ("id", models.IntegerField(blank=True, db_index=True)),
                ("code", models.SlugField(max_length=60, verbose_name="code")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("anchor", "anchor: names one person in one system"),
                            ("linking", "linking"),
                            ("supported", "linking with support"),
                            ("last_login", "last login: never joins two people"),
                            ("evidence", "evidence only"),
                            ("apart", "apart: third-party, never joins a known person"),
                        ],
                        max_length=12,
                        verbose_name="role",
                    ),
                ),
                (
                    "normaliser",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("phone", "phone"),
                            ("number", "customer or loyalty number"),
                            ("login", "login or device"),
                            ("national_id", "national id"),
                        ],
                        max_length=12,
                        verbose_name="normal form",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(default=5, help_text="1 is tried first.", verbose_name="priority"),
                ),
                ("max_per_profile", models.PositiveSmallIntegerField(default=5, verbose_name="at most per profile")),
                (
                    "hub_limit",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="A value seen with more people than this is shared and joins nobody.",
                        verbose_name="hub limit",
                    ),
                ),
                (
                    "window_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Empty: for ever.", null=True, verbose_name="window (days)"
                    ),
                ),
                (
                    "many",
                    models.BooleanField(
                        default=False,
                        help_text="A person keeps earlier values when the source sends a new one.",
                        verbose_name="many at once",
                    ),
                ),
                (
                    "contact_channel",
                    models.CharField(
                        blank=True,
                        help_text="email or sms, where it is an address to write to.",
                        max_length=12,
                        verbose_name="contact channel",
                    ),
                ),
                ("history_user_id", models.UUIDField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical namespace",
                "verbose_name_plural": "historical namespaces",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [models.Index(fields=["history_date", "id"], name="profiles_hi_history_168f0b_idx")],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Namespace",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("anchor", "anchor: names one person in one system"),
                            ("linking", "linking"),
                            ("supported", "linking with support"),
                            ("last_login", "last login: never joins two people"),
                            ("evidence", "evidence only"),
                            ("apart", "apart: third-party, never joins a known person"),
                        ],
                        max_length=12,
                        verbose_name="role",
                    ),
                ),
                (
                    "normaliser",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("phone", "phone"),
                            ("number", "customer or loyalty number"),
                            ("login", "login or device"),
                            ("national_id", "national id"),
                        ],
                        max_length=12,
                        verbose_name="normal form",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(default=5, help_text="1 is tried first.", verbose_name="priority"),
                ),
                ("max_per_profile", models.PositiveSmallIntegerField(default=5, verbose_name="at most per profile")),
                (
                    "hub_limit",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="A value seen with more people than this is shared and joins nobody.",
                        verbose_name="hub limit",
                    ),
                ),
                (
                    "window_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Empty: for ever.", null=True, verbose_name="window (days)"
                    ),
                ),
                (
                    "many",
                    models.BooleanField(
                        default=False,
                        help_text="A person keeps earlier values when the source sends a new one.",
                        verbose_name="many at once",
                    ),
                ),
                (
                    "contact_channel",
                    models.CharField(
                        blank=True,
                        help_text="email or sms, where it is an address to write to.",
                        max_length=12,
                        verbose_name="contact channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "namespace",
                "verbose_name_plural": "namespaces",
                "ordering": ["priority", "code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["anchor", "linking", "supported", "last_login", "evidence", "apart"])
                        ),
                        name="profiles_namespace_role_known",
                        violation_error_message="This is not one of the known choices.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("normaliser__in", ["email", "phone", "number", "login", "national_id"])),
                        name="profiles_namespace_normaliser_known",
                        violation_error_message="This is not one of the known choices.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_test", models.BooleanField(default=False, verbose_name="test data")),
                ("first_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="last seen")),
                ("identity_count", models.PositiveIntegerField(default=1, verbose_name="sources' records")),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="updated"),
                ),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="erased")),
            ],
            options={
                "verbose_name": "profile",
                "verbose_name_plural": "profiles",
                "permissions": [("reveal_profile", "Can open personal values")],
                "indexes": [models.Index(fields=["updated_at", "id"], name="profiles_profile_latest")],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                (
                    "kind",
                    models.CharField(
                        choices=[("server", "server"), ("browser", "browser"), ("file", "file"), ("staff", "staff")],
                        default="server",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "party",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "zero-party: the person told us on purpose"),
                            (1, "first-party: seen in our own relation"),
                            (2, "second-party: from a partner under an agreement"),
                            (3, "third-party: bought or anonymous"),
                        ],
                        default=1,
                        verbose_name="party",
                    ),
                ),
                (
                    "trust",
                    models.PositiveSmallIntegerField(
                        default=50, help_text="0 to 100; the higher wins when sources disagree.", verbose_name="trust"
                    ),
                ),
                (
                    "default_country",
                    models.CharField(
                        default="DK",
                        help_text="Reads phone numbers without a country code.",
                        max_length=2,
                        verbose_name="default country",
                    ),
                ),
                ("default_language", models.CharField(default="da", max_length=2, verbose_name="default language")),
                (
                    "time_zone",
                    models.CharField(
                        default="Europe/Copenhagen",
                        help_text="Reads times without an offset in files.",
                        max_length=40,
                        verbose_name="time zone",
                    ),
                ),
                ("values_verified", models.BooleanField(default=False, verbose_name="values are verified")),
                (
                    "consent_signals_are_grants",
                    models.BooleanField(default=False, verbose_name="consent signals count as grants"),
                ),
                (
                    "allowed_origins",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="allowed origins",
                    ),
                ),
                (
                    "skew_threshold_seconds",
                    models.PositiveIntegerField(default=60, verbose_name="clock skew allowed (s)"),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "namespace",
                    models.ForeignKey(
                        help_text="The kind of identifier that its customer ids are.",
                        on_delete=django.db.models.deletion.PROTECT,
                        to="profiles.namespace",
                        verbose_name="own number",
                    ),
                ),
            ],
            options={
                "verbose_name": "source",
                "verbose_name_plural": "sources",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="QuarantineItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.BinaryField(max_length=16)),
                ("reason", models.CharField(max_length=40, verbose_name="reason")),
                ("detail", models.TextField(blank=True, verbose_name="what to do")),
                ("sealed", models.BinaryField(null=True, verbose_name="sealed event")),
                ("sample", models.JSONField(default=dict, verbose_name="sample, masked")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("replayed", "replayed"), ("discarded", "discarded")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("expires_at", models.DateTimeField(verbose_name="goes on")),
                (
                    "ingest_request",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="profiles.ingestrequest",
                        verbose_name="received call",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "quarantined event",
                "verbose_name_plural": "quarantine",
            },
        ),
        migrations.CreateModel(
            name="Mapping",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "rows",
                    models.CharField(
                        choices=[
                            ("customers", "customers: one row a person"),
                            ("events", "events: one row an event"),
                            ("consents", "consents: one row a decision"),
                        ],
                        max_length=10,
                        verbose_name="rows are",
                    ),
                ),
                ("spec", models.JSONField(default=dict, verbose_name="columns")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mappings",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "mapping",
                "verbose_name_plural": "mappings",
            },
        ),
        migrations.AddField(
            model_name="ingestrequest",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="profiles.source",
                verbose_name="source",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalSourceKey",
            fields=[
                ("id", models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ("start", models.CharField(max_length=8, verbose_name="begins with")),
                ("is_test", models.BooleanField(default=False, verbose_name="test key")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                ("history_user_id", models.UUIDField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical write key",
                "verbose_name_plural": "historical write keys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMapping",
            fields=[
                ("id", models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "rows",
                    models.CharField(
                        choices=[
                            ("customers", "customers: one row a person"),
                            ("events", "events: one row an event"),
                            ("consents", "consents: one row a decision"),
                        ],
                        max_length=10,
                        verbose_name="rows are",
                    ),
                ),
                ("spec", models.JSONField(default=dict, verbose_name="columns")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("history_user_id", models.UUIDField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical mapping",
                "verbose_name_plural": "historical mappings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="FileImport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "party",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "zero-party: the person told us on purpose"),
                            (1, "first-party: seen in our own relation"),
                            (2, "second-party: from a partner under an agreement"),
                            (3, "third-party: bought or anonymous"),
                        ],
                        verbose_name="party",
                    ),
                ),
                (
                    "agreement_version",
                    models.UUIDField(
                        blank=True,
                        help_text="Needed for second- and third-party data.",
                        null=True,
                        verbose_name="agreement version",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("checked", "checked: dry run done"),
                            ("running", "running"),
                            ("paused", "paused"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("file_name", models.CharField(max_length=300, verbose_name="file")),
                ("stored_as", models.CharField(blank=True, max_length=80)),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "format",
                    models.JSONField(
                        default=dict,
                        help_text="Encoding, separator, decimal sign, as detected or declared.",
                        verbose_name="format",
                    ),
                ),
                ("rows_total", models.PositiveIntegerField(blank=True, null=True, verbose_name="rows in the file")),
                ("rows_done", models.PositiveIntegerField(default=0, verbose_name="rows done")),
                ("rows_new", models.PositiveIntegerField(default=0, verbose_name="new")),
                ("rows_updated", models.PositiveIntegerField(default=0, verbose_name="updated")),
                ("rows_unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("rows_rejected", models.PositiveIntegerField(default=0, verbose_name="rejected")),
                (
                    "samples",
                    models.JSONField(
                        default=dict, help_text="Masked samples of the dry run, by class.", verbose_name="samples"
                    ),
                ),
                ("blocks_done", models.PositiveIntegerField(default=0, verbose_name="blocks done")),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, verbose_name="error")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="started by",
                    ),
                ),
                (
                    "mapping",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="profiles.mapping",
                        verbose_name="mapping",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file_imports",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-id"],
                "permissions": [("run_fileimport", "Can run imports")],
            },
        ),
        migrations.CreateModel(
            name="SourceIdentity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("external_key", models.BinaryField(max_length=16, verbose_name="external id (blind)")),
                (
                    "profile_since",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="belongs to it since",
                    ),
                ),
                ("is_test", models.BooleanField(default=False, verbose_name="test data")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="first seen"
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="identities",
                        to="profiles.profile",
                        verbose_name="profile",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "source identity",
                "verbose_name_plural": "source identities",
            },
        ),
        migrations.CreateModel(
            name="RefusedLink",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reason", models.CharField(max_length=40, verbose_name="reason")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="since"),
                ),
                (
                    "namespace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.namespace",
                        verbose_name="namespace",
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.sourceidentity",
                        verbose_name="source identity",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.sourceidentity",
                        verbose_name="other source identity",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused link",
                "verbose_name_plural": "refused links",
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                (
                    "party",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "zero-party: the person told us on purpose"),
                            (1, "first-party: seen in our own relation"),
                            (2, "second-party: from a partner under an agreement"),
                            (3, "third-party: bought or anonymous"),
                        ],
                        verbose_name="party",
                    ),
                ),
                ("agreement_version", models.UUIDField(blank=True, null=True, verbose_name="agreement version")),
                ("row_number", models.PositiveIntegerField(blank=True, null=True, verbose_name="row")),
                ("digest", models.BinaryField(max_length=16, verbose_name="keyed digest of its content")),
                (
                    "traits",
                    models.JSONField(
                        help_text="By attribute: an open value as it is, of a sealed one the keyed digest that equal values share.",
                        null=True,
                        verbose_name="values",
                    ),
                ),
                (
                    "sealed",
                    models.BinaryField(
                        help_text="One sealed document: attribute to value.", null=True, verbose_name="sealed values"
                    ),
                ),
                ("verified", models.BooleanField(default=False, verbose_name="verified")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="valid until")),
                ("observed_at", models.DateTimeField(verbose_name="collected")),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="received"
                    ),
                ),
                (
                    "file_import",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="profiles.fileimport",
                        verbose_name="import",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="profiles.sourceidentity",
                        verbose_name="source identity",
                    ),
                ),
            ],
            options={
                "verbose_name": "source record",
                "verbose_name_plural": "source records",
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("blind", models.BinaryField(max_length=16, verbose_name="blind index")),
                ("sealed", models.BinaryField(verbose_name="sealed value")),
                ("verified", models.BooleanField(default=False, verbose_name="verified")),
                ("observed_at", models.DateTimeField(verbose_name="first collected")),
                (
                    "namespace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.namespace",
                        verbose_name="namespace",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identifiers",
                        to="profiles.record",
                        verbose_name="record",
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identifiers",
                        to="profiles.sourceidentity",
                        verbose_name="source identity",
                    ),
                ),
            ],
            options={
                "verbose_name": "identifier",
                "verbose_name_plural": "identifiers",
            },
        ),
        migrations.CreateModel(
            name="Alias",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "identity_id", "valid_from", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("profile", models.UUIDField(verbose_name="profile")),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_to", models.DateTimeField(verbose_name="to")),
                (
                    "identity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="profiles.sourceidentity",
                        verbose_name="source identity",
                    ),
                ),
            ],
            options={
                "verbose_name": "alias",
                "verbose_name_plural": "aliases",
            },
        ),
        migrations.CreateModel(
            name="SourceKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("start", models.CharField(max_length=8, verbose_name="begins with")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("is_test", models.BooleanField(default=False, verbose_name="test key")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "write key",
                "verbose_name_plural": "write keys",
            },
        ),
        migrations.CreateModel(
            name="StewardDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same", "same person"),
                            ("not_same", "not the same person"),
                            ("pin", "this value stands"),
                            ("withdrawn", "an earlier decision is withdrawn"),
                        ],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                (
                    "decided_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="decided"
                    ),
                ),
                (
                    "attribute",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.attribute",
                        verbose_name="attribute",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.sourceidentity",
                        verbose_name="source identity",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.sourceidentity",
                        verbose_name="other source identity",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.record",
                        verbose_name="record of the value",
                    ),
                ),
                (
                    "withdraws",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawn_by",
                        to="profiles.stewarddecision",
                        verbose_name="withdraws",
                    ),
                ),
            ],
            options={
                "verbose_name": "steward decision",
                "verbose_name_plural": "steward decisions",
                "permissions": [("decide_identity", "Can merge, unmerge and pin")],
            },
        ),
        migrations.CreateModel(
            name="ValueLock",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "namespace_id", "blind", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("blind", models.BinaryField(max_length=32)),
                (
                    "namespace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.namespace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WorkItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.SlugField(max_length=40, verbose_name="kind")),
                ("identity_ref", models.UUIDField(blank=True, null=True, verbose_name="about")),
                ("why", models.TextField(verbose_name="why")),
                (
                    "fingerprint",
                    models.CharField(help_text="Equal for the same question, so that it is asked once.", max_length=64),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("done", "done"), ("dismissed", "dismissed")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
                    ),
                ),
            ],
            options={
                "verbose_name": "work item",
                "verbose_name_plural": "work items",
            },
        ),
        migrations.CreateModel(
            name="HistoricalSource",
            fields=[
                ("id", models.IntegerField(blank=True, db_index=True)),
                ("code", models.SlugField(max_length=40, verbose_name="code")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                (
                    "kind",
                    models.CharField(
                        choices=[("server", "server"), ("browser", "browser"), ("file", "file"), ("staff", "staff")],
                        default="server",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "party",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "zero-party: the person told us on purpose"),
                            (1, "first-party: seen in our own relation"),
                            (2, "second-party: from a partner under an agreement"),
                            (3, "third-party: bought or anonymous"),
                        ],
                        default=1,
                        verbose_name="party",
                    ),
                ),
                (
                    "trust",
                    models.PositiveSmallIntegerField(
                        default=50, help_text="0 to 100; the higher wins when sources disagree.", verbose_name="trust"
                    ),
                ),
                (
                    "default_country",
                    models.CharField(
                        default="DK",
                        help_text="Reads phone numbers without a country code.",
                        max_length=2,
                        verbose_name="default country",
                    ),
                ),
                ("default_language", models.CharField(default="da", max_length=2, verbose_name="default language")),
                (
                    "time_zone",
                    models.CharField(
                        default="Europe/Copenhagen",
                        help_text="Reads times without an offset in files.",
                        max_length=40,
                        verbose_name="time zone",
                    ),
                ),
                ("values_verified", models.BooleanField(default=False, verbose_name="values are verified")),
                (
                    "consent_signals_are_grants",
                    models.BooleanField(default=False, verbose_name="consent signals count as grants"),
                ),
                (
                    "allowed_origins",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="allowed origins",
                    ),
                ),
                (
                    "skew_threshold_seconds",
                    models.PositiveIntegerField(default=60, verbose_name="clock skew allowed (s)"),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("history_user_id", models.UUIDField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "namespace",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The kind of identifier that its customer ids are.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.namespace",
                        verbose_name="own number",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical source",
                "verbose_name_plural": "historical sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [models.Index(fields=["history_date", "id"], name="profiles_hi_history_c9f761_idx")],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSharedIdentifier",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("blind", models.BinaryField(max_length=16, verbose_name="blind index")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("shared", "shared: joins nobody"),
                            ("private", "private: one person's, an exception"),
                            ("blocked", "blocked"),
                        ],
                        default="shared",
                        max_length=8,
                        verbose_name="verdict",
                    ),
                ),
                ("people_seen", models.PositiveIntegerField(default=0, verbose_name="people seen")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="since")),
                ("history_user_id", models.UUIDField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "namespace",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.namespace",
                        verbose_name="namespace",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical shared identifier",
                "verbose_name_plural": "historical shared identifiers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [models.Index(fields=["history_date", "id"], name="profiles_hi_history_debedc_idx")],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="GoldenValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "profile_id", "attribute_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("only", "the only value"),
                            ("pin", "a steward's choice"),
                            ("zero_party", "told by the person, and fresh"),
                            ("verified", "verified"),
                            ("party", "nearer to the person"),
                            ("trust", "the more trusted source"),
                            ("recent", "the more recent"),
                            ("tie", "the first by source and id"),
                        ],
                        max_length=10,
                        verbose_name="decided by",
                    ),
                ),
                ("candidates", models.PositiveSmallIntegerField(default=1, verbose_name="candidates")),
                ("party", models.PositiveSmallIntegerField(verbose_name="party")),
                ("text", models.TextField(blank=True, null=True, verbose_name="text")),
                (
                    "number",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name="number"),
                ),
                ("date", models.DateField(blank=True, null=True, verbose_name="date")),
                ("boolean", models.BooleanField(blank=True, null=True, verbose_name="yes or no")),
                ("items", models.JSONField(blank=True, null=True, verbose_name="list")),
                (
                    "attribute",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="profiles.attribute",
                        verbose_name="attribute",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="golden",
                        to="profiles.profile",
                        verbose_name="profile",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.record",
                        verbose_name="record of the winning value",
                    ),
                ),
            ],
            options={
                "verbose_name": "golden value",
                "verbose_name_plural": "golden values",
                "indexes": [
                    models.Index(
                        condition=models.Q(("text__isnull", False)),
                        fields=["attribute", "text", "profile"],
                        name="profiles_golden_text",
                    ),
                    models.Index(
                        condition=models.Q(("number__isnull", False)),
                        fields=["attribute", "number", "profile"],
                        name="profiles_golden_number",
                    ),
                    models.Index(
                        condition=models.Q(("date__isnull", False)),
                        fields=["attribute", "date", "profile"],
                        name="profiles_golden_date",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rule__in", ["only", "pin", "zero_party", "verified", "party", "trust", "recent", "tie"])
                        ),
                        name="profiles_goldenvalue_rule_known",
                        violation_error_message="This is not one of the known choices.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rejection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row_number", models.PositiveIntegerField(verbose_name="row")),
                ("column", models.CharField(blank=True, max_length=200, verbose_name="column")),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("detail", models.TextField(verbose_name="what to do")),
                ("sealed_row", models.BinaryField()),
                (
                    "file_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rejections",
                        to="profiles.fileimport",
                        verbose_name="import",
                    ),
                ),
            ],
            options={
                "verbose_name": "rejected row",
                "verbose_name_plural": "rejected rows",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("file_import", "row_number"), name="profiles_rejection_once_per_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SharedIdentifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("blind", models.BinaryField(max_length=16, verbose_name="blind index")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("shared", "shared: joins nobody"),
                            ("private", "private: one person's, an exception"),
                            ("blocked", "blocked"),
                        ],
                        default="shared",
                        max_length=8,
                        verbose_name="verdict",
                    ),
                ),
                ("people_seen", models.PositiveIntegerField(default=0, verbose_name="people seen")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                (
                    "namespace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="profiles.namespace", verbose_name="namespace"
                    ),
                ),
            ],
            options={
                "verbose_name": "shared identifier",
                "verbose_name_plural": "shared identifiers",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["shared", "private", "blocked"])),
                        name="profiles_sharedidentifier_verdict_known",
                        violation_error_message="This is not one of the known choices.",
                    ),
                    models.UniqueConstraint(
                        fields=("namespace", "blind"), name="profiles_sharedidentifier_one_per_value"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["server", "browser", "file", "staff"])),
                name="profiles_source_kind_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(("party__in", [0, 1, 2, 3])),
                name="profiles_source_party_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(("trust__lte", 100)), name="profiles_source_trust_to_100"
            ),
        ),
        migrations.AddIndex(
            model_name="quarantineitem",
            index=models.Index(fields=["state", "reason", "-received_at"], name="profiles_quarantine_queue"),
        ),
        migrations.AddConstraint(
            model_name="quarantineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "replayed", "discarded"])),
                name="profiles_quarantineitem_state_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantineitem",
            constraint=models.UniqueConstraint(fields=("source", "key"), name="profiles_quarantineitem_once"),
        ),
        migrations.AddConstraint(
            model_name="mapping",
            constraint=models.CheckConstraint(
                condition=models.Q(("rows__in", ["customers", "events", "consents"])),
                name="profiles_mapping_rows_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="mapping",
            constraint=models.UniqueConstraint(fields=("source", "name"), name="profiles_mapping_one_name_per_source"),
        ),
        migrations.AddIndex(
            model_name="ingestrequest",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["id"], name="profiles_ingestrequest_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="ingestrequest",
            index=models.Index(fields=["source", "-received_at"], name="profiles_ingestrequest_source"),
        ),
        migrations.AddIndex(
            model_name="ingestrequest",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["id"], name="profiles_ingestrequest_failed"
            ),
        ),
        migrations.AddConstraint(
            model_name="ingestrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "done", "failed"])),
                name="profiles_ingestrequest_state_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddIndex(
            model_name="historicalsourcekey",
            index=models.Index(fields=["history_date", "id"], name="profiles_hi_history_95a5c5_idx"),
        ),
        migrations.AddIndex(
            model_name="historicalmapping",
            index=models.Index(fields=["history_date", "id"], name="profiles_hi_history_bb94a8_idx"),
        ),
        migrations.AddConstraint(
            model_name="fileimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("party__in", [0, 1, 2, 3])),
                name="profiles_fileimport_party_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fileimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["waiting", "checked", "running", "paused", "done", "failed", "cancelled"])
                ),
                name="profiles_fileimport_state_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fileimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreement_version", None), ("party__in", [0, 1])),
                    models.Q(("agreement_version__isnull", False), ("party__in", [2, 3])),
                    _connector="OR",
                ),
                name="profiles_fileimport_second_party_has_terms",
                violation_error_message="Data from partners and suppliers needs an agreement in force; own data has none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fileimport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["running", "paused", "done"])),
                fields=("source", "sha256", "mapping"),
                name="profiles_fileimport_same_file_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceidentity",
            constraint=models.UniqueConstraint(
                fields=("source", "external_key", "is_test"), name="profiles_sourceidentity_one_per_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="refusedlink",
            constraint=models.UniqueConstraint(
                fields=("identity", "other", "namespace"), name="profiles_refusedlink_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(("party__in", [0, 1, 2, 3])),
                name="profiles_record_party_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.UniqueConstraint(fields=("identity", "version"), name="profiles_record_one_per_version"),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func("traits", function="jsonb_typeof", output_field=models.TextField()), "object"
                ),
                name="profiles_record_traits_by_attribute",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreement_version", None), ("party__in", [0, 1])),
                    models.Q(("agreement_version__isnull", False), ("party__in", [2, 3])),
                    _connector="OR",
                ),
                name="profiles_record_second_party_has_terms",
                violation_error_message="Second- and third-party data carry their agreement.",
            ),
        ),
        migrations.AddIndex(
            model_name="identifier",
            index=models.Index(fields=["namespace", "blind", "identity"], name="profiles_identifier_lookup"),
        ),
        migrations.AddConstraint(
            model_name="identifier",
            constraint=models.UniqueConstraint(
                fields=("identity", "namespace", "blind", "record"), name="profiles_identifier_once_per_record"
            ),
        ),
        migrations.AddIndex(
            model_name="alias",
            index=models.Index(fields=["profile"], name="profiles_alias_of_profile"),
        ),
        migrations.AddConstraint(
            model_name="stewarddecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["same", "not_same", "pin", "withdrawn"])),
                name="profiles_stewarddecision_kind_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stewarddecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["same", "not_same"]), ("other__isnull", False)),
                    models.Q(("attribute__isnull", False), ("kind", "pin"), ("record__isnull", False)),
                    models.Q(("kind", "withdrawn"), ("withdraws__isnull", False)),
                    _connector="OR",
                ),
                name="profiles_stewarddecision_names_its_object",
            ),
        ),
        migrations.AddConstraint(
            model_name="stewarddecision",
            constraint=models.UniqueConstraint(fields=("withdraws",), name="profiles_stewarddecision_withdrawn_once"),
        ),
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(fields=["state", "kind", "created_at"], name="profiles_workitem_queue"),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "done", "dismissed"])),
                name="profiles_workitem_state_known",
                violation_error_message="This is not one of the known choices.",
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.UniqueConstraint(fields=("kind", "fingerprint"), name="profiles_workitem_asked_once"),
        ),
    ]
