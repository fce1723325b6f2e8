import cdp.base.database.ids
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
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
            name='DisclosureEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('pseudonym', models.CharField(max_length=28, verbose_name="partner's pseudonym")),
                ('consent_position', models.BigIntegerField(null=True, verbose_name='consent ledger entry')),
                ('disclosed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='disclosed')),
            ],
            options={
                'verbose_name': 'disclosure',
                'verbose_name_plural': 'disclosures',
            },
        ),
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(help_text='Shared by both sides.', max_length=40, unique=True, verbose_name='number')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('direction', models.CharField(choices=[('out', 'out: we send'), ('in', 'in: we receive'), ('both', 'both ways')], max_length=4, verbose_name='direction')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('active', 'active'), ('suspended', 'suspended'), ('terminated', 'terminated'), ('withdrawn', 'withdrawn draft')], default='draft', max_length=10, verbose_name='state')),
                ('state_reason', models.TextField(blank=True, verbose_name='reason of the state')),
                ('home_time_zone', models.CharField(default='Europe/Copenhagen', help_text='Its days begin and end here.', max_length=40, verbose_name='home time zone')),
                ('language', models.CharField(default='en', max_length=2, verbose_name='language')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'agreement',
                'verbose_name_plural': 'agreements',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='AgreementVersion',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('proposed', 'proposed: waits for two approvals'), ('in_force', 'signed'), ('superseded', 'superseded')], default='draft', max_length=12, verbose_name='state')),
                ('legal_basis', models.CharField(blank=True, max_length=24, verbose_name='legal basis')),
                ('our_role', models.CharField(default='controller', max_length=20, verbose_name='our role')),
                ('partner_role', models.CharField(default='controller', max_length=20, verbose_name='their role')),
                ('arrangement_ref', models.TextField(blank=True, verbose_name='Art. 26 essence or Art. 28 checklist')),
                ('transfer_tool', models.CharField(blank=True, help_text='Empty: none.', max_length=80, verbose_name='transfer outside the EEA')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_until', models.DateField(verbose_name='until, included')),
                ('in_force', django.contrib.postgres.fields.ranges.DateTimeRangeField(editable=False, null=True, verbose_name='in force')),
                ('onward_sharing', models.BooleanField(default=False, verbose_name='may be shared on')),
                ('retention_days', models.PositiveIntegerField(default=90, verbose_name='kept at the partner (days)')),
                ('deletion_sla_hours', models.PositiveIntegerField(default=72, verbose_name='deletes within (hours)')),
                ('min_cohort', models.PositiveIntegerField(default=50, verbose_name='smallest group')),
                ('relevance_note', models.TextField(blank=True, verbose_name='why this data is relevant')),
                ('document_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 of the signed document')),
                ('terms_sha256', models.CharField(blank=True, editable=False, max_length=64, verbose_name='digest of the terms')),
                ('proposed_at', models.DateTimeField(blank=True, null=True, verbose_name='proposed')),
                ('activated_at', models.DateTimeField(blank=True, null=True, verbose_name='activated')),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='partners.agreement', verbose_name='agreement')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('purposes', models.ManyToManyField(related_name='+', to='consents.purpose', verbose_name='purposes')),
            ],
            options={
                'verbose_name': 'agreement version',
                'verbose_name_plural': 'agreement versions',
                'ordering': ['agreement', '-number'],
                'permissions': [('sign_business', 'Can approve agreements for the business'), ('sign_compliance', 'Can approve agreements for compliance')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('audience', models.CharField(help_text='The segment or list that was chosen, in words.', max_length=200, verbose_name='who')),
                ('audience_ref', models.UUIDField(blank=True, null=True, verbose_name='segment')),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None, verbose_name='fields')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('approved', 'approved'), ('building', 'building'), ('ready', 'ready'), ('sent', 'sent'), ('blocked', 'blocked'), ('cancelled', 'cancelled'), ('failed', 'failed')], default='planned', max_length=10, verbose_name='state')),
                ('planned', models.PositiveIntegerField(default=0, verbose_name='people chosen')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='people sent')),
                ('left_out', models.JSONField(default=dict, verbose_name='left out, by reason')),
                ('stored_as', models.CharField(blank=True, max_length=80)),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256')),
                ('manifest', models.JSONField(default=dict, verbose_name='manifest')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('requested_key', models.CharField(blank=True, max_length=80, verbose_name='service key')),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='requested')),
                ('built_at', models.DateTimeField(blank=True, null=True, verbose_name='built')),
                ('delete_due_at', models.DateTimeField(blank=True, null=True, verbose_name='to be deleted there by')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consents.purpose', verbose_name='purpose')),
                ('requested_by', models.ForeignKey(blank=True, help_text='Empty: a service, by its key.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='partners.agreementversion', verbose_name='agreement version')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'ordering': ['-id'],
                'permissions': [('request_delivery', 'Can request deliveries'), ('approve_delivery', 'Can approve deliveries')],
            },
        ),
        migrations.CreateModel(
            name='DisclosureLink',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='link', serialize=False, to='partners.disclosureentry', verbose_name='disclosure')),
                ('identity_ref', models.UUIDField(db_index=True, verbose_name='person')),
            ],
            options={
                'verbose_name': 'disclosure link',
                'verbose_name_plural': 'disclosure links',
            },
        ),
        migrations.AddField(
            model_name='disclosureentry',
            name='delivery',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to='partners.delivery', verbose_name='delivery'),
        ),
        migrations.CreateModel(
            name='HistoricalAgreementVersion',
            fields=[
                ('id', models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('proposed', 'proposed: waits for two approvals'), ('in_force', 'signed'), ('superseded', 'superseded')], default='draft', max_length=12, verbose_name='state')),
                ('legal_basis', models.CharField(blank=True, max_length=24, verbose_name='legal basis')),
                ('our_role', models.CharField(default='controller', max_length=20, verbose_name='our role')),
                ('partner_role', models.CharField(default='controller', max_length=20, verbose_name='their role')),
                ('arrangement_ref', models.TextField(blank=True, verbose_name='Art. 26 essence or Art. 28 checklist')),
                ('transfer_tool', models.CharField(blank=True, help_text='Empty: none.', max_length=80, verbose_name='transfer outside the EEA')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_until', models.DateField(verbose_name='until, included')),
                ('in_force', django.contrib.postgres.fields.ranges.DateTimeRangeField(editable=False, null=True, verbose_name='in force')),
                ('onward_sharing', models.BooleanField(default=False, verbose_name='may be shared on')),
                ('retention_days', models.PositiveIntegerField(default=90, verbose_name='kept at the partner (days)')),
                ('deletion_sla_hours', models.PositiveIntegerField(default=72, verbose_name='deletes within (hours)')),
                ('min_cohort', models.PositiveIntegerField(default=50, verbose_name='smallest group')),
                ('relevance_note', models.TextField(blank=True, verbose_name='why this data is relevant')),
                ('document_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 of the signed document')),
                ('terms_sha256', models.CharField(blank=True, editable=False, max_length=64, verbose_name='digest of the terms')),
                ('proposed_at', models.DateTimeField(blank=True, null=True, verbose_name='proposed')),
                ('activated_at', models.DateTimeField(blank=True, null=True, verbose_name='activated')),
                ('permitted', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None, verbose_name='terms')),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('agreement', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.agreement', verbose_name='agreement')),
                ('author', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
            ],
            options={
                'verbose_name': 'historical agreement version',
                'verbose_name_plural': 'historical agreement versions',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalAgreementVersion_purposes',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('agreementversion', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.agreementversion')),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='partners.historicalagreementversion')),
                ('purpose', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='consents.purpose')),
            ],
            options={
                'verbose_name': 'HistoricalAgreementVersion_purposes',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalPartner',
            fields=[
                ('id', models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ('key', models.SlugField(max_length=60, verbose_name='key')),
                ('legal_name', models.CharField(max_length=200, verbose_name='legal name')),
                ('public_name', models.CharField(db_index=True, max_length=200, verbose_name='name shown to people')),
                ('registration_no', models.CharField(blank=True, help_text='CVR or organisation number.', max_length=40, verbose_name='registration number')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('dpo_contact', models.CharField(blank=True, max_length=200, verbose_name='data protection contact')),
                ('deletion_contact', models.CharField(blank=True, max_length=200, verbose_name='deletion contact')),
                ('status', models.CharField(choices=[('prospect', 'prospect'), ('approved', 'approved'), ('suspended', 'suspended'), ('closed', 'closed')], default='prospect', max_length=10, verbose_name='status')),
                ('last_review_on', models.DateField(blank=True, null=True, verbose_name='last review')),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical partner',
                'verbose_name_plural': 'historical partners',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [models.Index(fields=['history_date', 'id'], name='partners_hi_history_ca9f85_idx')],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='InboundFile',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='received')),
                ('dropped_columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, size=None, verbose_name='columns not agreed, dropped')),
                ('file_import', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.fileimport', verbose_name='import')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consents.purpose', verbose_name='purpose')),
                ('received_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='received by')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inbound_files', to='partners.agreementversion', verbose_name='agreement version')),
            ],
            options={
                'verbose_name': 'inbound file',
                'verbose_name_plural': 'inbound files',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=60, unique=True, verbose_name='key')),
                ('legal_name', models.CharField(max_length=200, verbose_name='legal name')),
                ('public_name', models.CharField(max_length=200, unique=True, verbose_name='name shown to people')),
                ('registration_no', models.CharField(blank=True, help_text='CVR or organisation number.', max_length=40, verbose_name='registration number')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('dpo_contact', models.CharField(blank=True, max_length=200, verbose_name='data protection contact')),
                ('deletion_contact', models.CharField(blank=True, max_length=200, verbose_name='deletion contact')),
                ('status', models.CharField(choices=[('prospect', 'prospect'), ('approved', 'approved'), ('suspended', 'suspended'), ('closed', 'closed')], default='prospect', max_length=10, verbose_name='status')),
                ('last_review_on', models.DateField(blank=True, null=True, verbose_name='last review')),
            ],
            options={
                'verbose_name': 'partner',
                'verbose_name_plural': 'partners',
                'ordering': ['public_name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['prospect', 'approved', 'suspended', 'closed'])), name='partners_partner_status_known', violation_error_message='This is not one of the known choices.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalAgreement',
            fields=[
                ('id', models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ('number', models.CharField(db_index=True, help_text='Shared by both sides.', max_length=40, verbose_name='number')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('direction', models.CharField(choices=[('out', 'out: we send'), ('in', 'in: we receive'), ('both', 'both ways')], max_length=4, verbose_name='direction')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('active', 'active'), ('suspended', 'suspended'), ('terminated', 'terminated'), ('withdrawn', 'withdrawn draft')], default='draft', max_length=10, verbose_name='state')),
                ('state_reason', models.TextField(blank=True, verbose_name='reason of the state')),
                ('home_time_zone', models.CharField(default='Europe/Copenhagen', help_text='Its days begin and end here.', max_length=40, verbose_name='home time zone')),
                ('language', models.CharField(default='en', max_length=2, verbose_name='language')),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('owner', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('partner', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.partner', verbose_name='partner')),
            ],
            options={
                'verbose_name': 'historical agreement',
                'verbose_name_plural': 'historical agreements',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name='agreement',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='partners.partner', verbose_name='partner'),
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('capacity', models.CharField(choices=[('business', 'business owner'), ('compliance', 'compliance')], max_length=12, verbose_name='capacity')),
                ('terms_sha256', models.CharField(max_length=64, verbose_name='digest of the terms seen')),
                ('reason', models.TextField(blank=True, verbose_name='note')),
                ('seal', models.BinaryField(max_length=32, verbose_name='seal of this installation')),
                ('signed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='signed')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='partners.agreementversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'approval',
                'verbose_name_plural': 'approvals',
            },
        ),
        migrations.CreateModel(
            name='TermLine',
            fields=[
                ('id', models.UUIDField(default=cdp.base.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('direction', models.CharField(choices=[('out', 'out: we send'), ('in', 'in: we receive'), ('both', 'both ways')], max_length=4, verbose_name='direction')),
                ('field', models.SlugField(help_text='Code of an attribute or identifier, or opaque_id.', max_length=60, verbose_name='field')),
                ('form', models.CharField(choices=[('clear', 'in clear'), ('keyed_match', 'keyed for matching'), ('opaque_id', 'opaque id'), ('bucketed', 'in bands'), ('aggregated', 'as totals')], default='clear', max_length=12, verbose_name='form')),
                ('max_rows', models.PositiveIntegerField(blank=True, null=True, verbose_name='at most rows')),
                ('duties', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='duties')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consents.purpose', verbose_name='purpose')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='partners.agreementversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'term',
                'verbose_name_plural': 'terms',
            },
        ),
        migrations.AddConstraint(
            model_name='agreementversion',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'proposed', 'in_force', 'superseded'])), name='partners_agreementversion_state_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='agreementversion',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_until__isnull', True), ('valid_from__lte', models.F('valid_until')), _connector='OR'), name='partners_agreementversion_valid_from_before', violation_error_message='The first must not be later than the last.'),
        ),
        migrations.AddConstraint(
            model_name='agreementversion',
            constraint=models.UniqueConstraint(fields=('agreement', 'number'), name='partners_agreementversion_one_per_number'),
        ),
        migrations.AddConstraint(
            model_name='agreementversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_force'), _negated=True), models.Q(('activated_at__isnull', False), ('in_force__isnull', False)), _connector='OR'), name='partners_agreementversion_signed_has_period'),
        ),
        migrations.AddConstraint(
            model_name='agreementversion',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'in_force')), expressions=[(models.Func(models.Func(django.db.models.functions.comparison.Cast(models.F('agreement'), models.TextField()), models.Value(0), function='hashtextextended'), models.Func(django.db.models.functions.comparison.Cast(models.F('agreement'), models.TextField()), models.Value(0), function='hashtextextended'), models.Value('[]'), function='int8range'), '='), ('in_force', '&&')], name='partners_agreementversion_one_in_force'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'approved', 'building', 'ready', 'sent', 'blocked', 'cancelled', 'failed'])), name='partners_delivery_state_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('requested_by')), _negated=True), _connector='OR'), name='partners_delivery_second_person', violation_error_message='Nobody approves their own request.'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['blocked', 'cancelled', 'failed']), models.Q(('approved_by__isnull', True), ('state', 'planned')), models.Q(('approved_by__isnull', False), ('state__in', ['approved', 'building', 'ready', 'sent'])), _connector='OR'), name='partners_delivery_approved', violation_error_message='A second person approves this first.'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('requested_by__isnull', False), models.Q(('requested_key', ''), _negated=True), _connector='OR'), name='partners_delivery_asked_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='disclosureentry',
            constraint=models.UniqueConstraint(fields=('delivery', 'pseudonym'), name='partners_disclosureentry_once'),
        ),
        migrations.AddIndex(
            model_name='historicalagreementversion',
            index=models.Index(fields=['history_date', 'id'], name='partners_hi_history_b38168_idx'),
        ),
        migrations.AddIndex(
            model_name='historicalagreement',
            index=models.Index(fields=['history_date', 'id'], name='partners_hi_history_4b266e_idx'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['out', 'in', 'both'])), name='partners_agreement_direction_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'active', 'suspended', 'terminated', 'withdrawn'])), name='partners_agreement_state_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('capacity__in', ['business', 'compliance'])), name='partners_signature_capacity_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.UniqueConstraint(fields=('version', 'person', 'terms_sha256'), name='partners_signature_one_per_person'),
        ),
        migrations.AddConstraint(
            model_name='termline',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['out', 'in', 'both'])), name='partners_termline_direction_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='termline',
            constraint=models.CheckConstraint(condition=models.Q(('form__in', ['clear', 'keyed_match', 'opaque_id', 'bucketed', 'aggregated'])), name='partners_termline_form_known', violation_error_message='This is not one of the known choices.'),
        ),
        migrations.AddConstraint(
            model_name='termline',
            constraint=models.UniqueConstraint(fields=('version', 'direction', 'purpose', 'field', 'form'), name='partners_termline_once'),
        ),
    ]
