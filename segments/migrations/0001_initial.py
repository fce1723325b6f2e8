import cdp.base.database.ids
import cdp.base.personal_data
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('consents', '0001_initial'),
        ('profiles', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Destination',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=60, unique=True, verbose_name='key')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('kind', models.CharField(choices=[('csv', 'CSV file')], default='csv', max_length=12, verbose_name='kind')),
                ('channel', models.CharField(choices=[('none', 'no channel'), ('email', 'e-mail'), ('sms', 'SMS'), ('phone', 'phone'), ('post', 'post'), ('push', 'push'), ('in_app', 'in the app'), ('ad_audience', 'ad audience')], max_length=12, verbose_name='channel')),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), help_text='Codes of attributes and identifiers that may leave.', size=None, verbose_name='fields')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consents.purpose', verbose_name='purpose')),
            ],
            options={
                'verbose_name': 'destination',
                'verbose_name_plural': 'destinations',
                'ordering': ['title'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalDestination',
            fields=[
                ('id', models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ('key', models.SlugField(max_length=60, verbose_name='key')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('kind', models.CharField(choices=[('csv', 'CSV file')], default='csv', max_length=12, verbose_name='kind')),
                ('channel', models.CharField(choices=[('none', 'no channel'), ('email', 'e-mail'), ('sms', 'SMS'), ('phone', 'phone'), ('post', 'post'), ('push', 'push'), ('in_app', 'in the app'), ('ad_audience', 'ad audience')], max_length=12, verbose_name='channel')),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), help_text='Codes of attributes and identifiers that may leave.', size=None, verbose_name='fields')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('purpose', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='consents.purpose', verbose_name='purpose')),
            ],
            options={
                'verbose_name': 'historical destination',
                'verbose_name_plural': 'historical destinations',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('as_of', models.DateTimeField(verbose_name='as of')),
                ('state', models.CharField(choices=[('running', 'running'), ('done', 'done'), ('failed', 'failed')], default='running', max_length=8, verbose_name='state')),
                ('members', models.PositiveIntegerField(blank=True, null=True, verbose_name='members')),
                ('entered', models.PositiveIntegerField(blank=True, null=True, verbose_name='entered')),
                ('left', models.PositiveIntegerField(blank=True, null=True, verbose_name='left')),
                ('left_out', models.PositiveIntegerField(blank=True, help_text='Restricted, or objecting to profiling.', null=True, verbose_name='left out by flag')),
                ('snapshot', models.TextField(blank=True, help_text="The database's snapshot: tells what was committed before the run.", verbose_name='what it saw')),
                ('epoch', models.BigIntegerField(blank=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('started_at', models.DateTimeField(auto_now_add=True, verbose_name='started')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='started by')),
            ],
            options={
                'verbose_name': 'run',
                'verbose_name_plural': 'runs',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=60, unique=True, verbose_name='key')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('active', 'active'), ('archived', 'archived')], default='draft', max_length=10, verbose_name='state')),
                ('refresh_minutes', models.PositiveIntegerField(blank=True, help_text='Empty: only by hand.', null=True, verbose_name='refresh every (minutes)')),
                ('members', models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='members')),
                ('computed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last computed')),
                ('stale_reason', models.TextField(blank=True, editable=False, verbose_name='stale because')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'segment',
                'verbose_name_plural': 'segments',
                'ordering': ['title'],
                'permissions': [('refresh_segment', 'Can compute segments')],
            },
        ),
        migrations.CreateModel(
            name='Reach',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('none', 'no channel'), ('email', 'e-mail'), ('sms', 'SMS'), ('phone', 'phone'), ('post', 'post'), ('push', 'push'), ('in_app', 'in the app'), ('ad_audience', 'ad audience')], max_length=12, verbose_name='channel')),
                ('members', models.PositiveIntegerField(verbose_name='members')),
                ('reachable', models.PositiveIntegerField(verbose_name='reachable')),
                ('left_out', models.JSONField(default=dict, verbose_name='left out, by reason')),
                ('counted_at', models.DateTimeField(verbose_name='counted')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consents.purpose', verbose_name='purpose')),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reaches', to='segments.segment', verbose_name='segment')),
            ],
            options={
                'verbose_name': 'reach',
                'verbose_name_plural': 'reach',
                'ordering': ['segment', 'purpose', 'channel'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('entered_at', models.DateTimeField(verbose_name='entered')),
                ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='left')),
                ('profile', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='memberships', to='profiles.profile', verbose_name='profile')),
                ('entered_run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='segments.run', verbose_name='entered in run')),
                ('left_run', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='segments.run', verbose_name='left in run')),
                ('segment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='segments.segment', verbose_name='segment')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
            },
        ),
        migrations.CreateModel(
            name='SegmentVersion',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('definition', models.JSONField(verbose_name='definition')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='segments.segment', verbose_name='segment')),
            ],
            options={
                'verbose_name': 'segment definition',
                'verbose_name_plural': 'segment definitions',
                'ordering': ['segment', '-number'],
            },
        ),
        migrations.AddField(
            model_name='segment',
            name='current',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='segments.segmentversion', verbose_name='definition in use'),
        ),
        migrations.AddField(
            model_name='run',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='segments.segmentversion', verbose_name='definition'),
        ),
        migrations.CreateModel(
            name='HistoricalSegment',
            fields=[
                ('id', models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ('key', models.SlugField(max_length=60, verbose_name='key')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('active', 'active'), ('archived', 'archived')], default='draft', max_length=10, verbose_name='state')),
                ('refresh_minutes', models.PositiveIntegerField(blank=True, help_text='Empty: only by hand.', null=True, verbose_name='refresh every (minutes)')),
                ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='created')),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('owner', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('current', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='segments.segmentversion', verbose_name='definition in use')),
            ],
            options={
                'verbose_name': 'historical segment',
                'verbose_name_plural': 'historical segments',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Activation',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting for a second person'), ('approved', 'approved'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=10, verbose_name='state')),
                ('members', models.PositiveIntegerField(default=0, verbose_name='members')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='sent')),
                ('removed', models.PositiveIntegerField(default=0, verbose_name='removed')),
                ('left_out', models.JSONField(default=dict, verbose_name='left out, by reason')),
                ('stored_as', models.CharField(blank=True, max_length=80)),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256')),
                ('manifest', models.JSONField(default=dict, verbose_name='manifest')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='requested')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activations', to='segments.destination', verbose_name='destination')),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activations', to='segments.segment', verbose_name='segment')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='segments.segmentversion', verbose_name='definition')),
            ],
            options={
                'verbose_name': 'activation',
                'verbose_name_plural': 'activations',
                'ordering': ['-id'],
                'permissions': [('request_activation', 'Can request activations'), ('approve_activation', 'Can approve activations')],
            },
        ),
        migrations.CreateModel(
            name='DeliveredPerson',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('profile', models.UUIDField(db_index=True, verbose_name='person')),
                ('outcome', models.CharField(choices=[('sent', 'sent'), ('removed', 'removed'), ('left_out', 'left out')], max_length=8, verbose_name='outcome')),
                ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                ('consent_position', models.BigIntegerField(null=True, verbose_name='consent ledger entry')),
                ('identifier', cdp.base.personal_data.DigestField(editable=False, help_text='The blind index of the identifier that went, where one did.', null=True, verbose_name='address')),
                ('activation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='delivered_people', to='segments.activation', verbose_name='activation')),
            ],
            options={
                'verbose_name': 'delivered person',
                'verbose_name_plural': 'delivered people',
                'constraints': [models.CheckConstraint(condition=models.Q(('outcome__in', ['sent', 'removed', 'left_out'])), name='segments_deliveredperson_outcome_known', violation_error_message='This is not one of the known choices.'), models.UniqueConstraint(fields=('activation', 'profile', 'outcome'), name='segments_deliveredperson_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='destination',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['csv'])), name='segments_destination_kind_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='destination',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['none', 'email', 'sms', 'phone', 'post', 'push', 'in_app', 'ad_audience'])), name='segments_destination_channel_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddIndex(
            model_name='historicaldestination',
            index=models.Index(fields=['history_date', 'id'], name='segments_hi_history_89105c_idx'),
        ),
        migrations.AddConstraint(
            model_name='reach',
            constraint=models.UniqueConstraint(fields=('segment', 'purpose', 'channel'), name='segments_reach_one_per_question'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['profile', 'segment'], name='segments_membership_by_profile'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('entered_at__isnull', True), ('left_at__isnull', True), ('entered_at__lte', models.F('left_at')), _connector='OR'), name='segments_membership_entered_at_before', violation_error_message='The first must not be later than the last.'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('left_at', None)), fields=('segment', 'profile'), name='segments_membership_one_open'),
        ),
        migrations.AddConstraint(
            model_name='segmentversion',
            constraint=models.UniqueConstraint(fields=('segment', 'number'), name='segments_segmentversion_one_per_number'),
        ),
        migrations.AddConstraint(
            model_name='segment',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'active', 'archived'])), name='segments_segment_state_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='segment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), _negated=True), ('current__isnull', False), _connector='OR'), name='segments_segment_active_has_definition'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['running', 'done', 'failed'])), name='segments_run_state_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddIndex(
            model_name='historicalsegment',
            index=models.Index(fields=['history_date', 'id'], name='segments_hi_history_7b2e27_idx'),
        ),
        migrations.AddConstraint(
            model_name='activation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'approved', 'done', 'failed', 'cancelled'])), name='segments_activation_state_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='activation',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('requested_by')), _negated=True), _connector='OR'), name='segments_activation_second_person', violation_error_message='Nobody approves their own request.'),
        ),
        migrations.AddConstraint(
            model_name='activation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['cancelled', 'failed']), models.Q(('approved_by__isnull', True), ('state', 'waiting')), models.Q(('state__in', ['approved', 'done']), models.Q(('approved_by__isnull', False), ('members__lte', 500), _connector='OR')), _connector='OR'), name='segments_activation_approved', violation_error_message='A second person approves this first.'),
        ),
    ]
