"""Which numbers the home pages show. A user sees those whose rows they may open."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cdp.backoffice.dashboard.numbers import Number

TODAY = f"date_trunc('day', now(), '{settings.TIME_ZONE}')"
LOCAL_DATE = f"(now() AT TIME ZONE '{settings.TIME_ZONE}')::date"
EXPIRING = (
    "partners_agreementversion WHERE state = 'in_force' AND upper(in_force) > now() "
    "AND upper(in_force) < now() + interval '30 days'"
)
ENDING = "?state__exact=in_force&in_force__endswith__gte={now}&in_force__endswith__lt={soon}"
APPROVALS = [
    Number(
        _("Agreements to approve"),
        "partners.agreementversion",
        "partners_agreementversion WHERE state = 'proposed'",
        "?state__exact=proposed",
        hint=_("Two people approve, neither is the author."),
    ),
    Number(
        _("Deliveries to approve"),
        "partners.delivery",
        "partners_delivery WHERE state = 'planned'",
        "?state__exact=planned",
    ),
    Number(
        _("Activations to approve"),
        "segments.activation",
        "segments_activation WHERE state = 'waiting'",
        "?state__exact=waiting",
    ),
]

STEWARD = [
    Number(_("People known"), "profiles.profile", "", level="", estimate_of="profiles_profile"),
    Number(_("Events stored"), "profiles.event", "", level="", estimate_of="profiles_event"),
    Number(
        _("Segments in use"),
        "segments.segment",
        "segments_segment WHERE state = 'active'",
        "?state__exact=active",
        level="",
    ),
    Number(
        _("Waiting for a decision"),
        "profiles.workitem",
        "profiles_workitem WHERE state = 'open'",
        "?state__exact=open",
        hint=_("Profiles that outgrew a limit, addresses that many share, conflicts."),
    ),
    Number(
        _("Possible duplicates"),
        "profiles.refusedlink",
        "profiles_refusedlink",
        hint=_("They share an identifier, and were not joined."),
    ),
    Number(
        _("In quarantine"),
        "profiles.quarantineitem",
        "profiles_quarantineitem WHERE state = 'open'",
        "?state__exact=open",
        hint=_("Events that could not be used yet."),
    ),
    Number(
        _("Imports that failed"),
        "profiles.fileimport",
        "profiles_fileimport WHERE state = 'failed'",
        "?state__exact=failed",
        level="bad",
        hint=_("They resume from the last finished block."),
    ),
    Number(
        _("Imports that wait for you"),
        "profiles.fileimport",
        "profiles_fileimport WHERE state IN ('waiting', 'checked', 'paused')",
        "?state__in=waiting,checked,paused",
        hint=_("Checked by a dry run, or paused."),
    ),
    Number(
        _("Received and set aside"),
        "profiles.ingestrequest",
        "profiles_ingestrequest WHERE state = 'failed'",
        "?state__exact=failed",
        level="bad",
        hint=_("Requests that could not be read after several tries."),
    ),
    Number(
        _("Jobs that failed"),
        "procrastinate.procrastinatejob",
        "procrastinate_jobs WHERE status = 'failed'",
        "?status__exact=failed",
        level="bad",
    ),
    Number(_("Agreements that end in 30 days"), "partners.agreementversion", EXPIRING, ENDING),
    Number(
        _("Segments to compute again"),
        "segments.segment",
        "segments_segment WHERE stale_reason <> '' AND state = 'active'",
        "?state__exact=active",
    ),
    *APPROVALS,
]

COMPLIANCE = [
    Number(
        _("Withdrawals today"),
        "consents.consentrecord",
        f"consents_historicalconsentrecord WHERE state = 'ConsentWithdrawn' AND history_date >= {TODAY}",
        "?state__exact=ConsentWithdrawn&recorded_at__gte={today}",
        level="",
        hint=_("In effect as soon as recorded: every exit asks the ledger again."),
    ),
    Number(
        _("Objections, 30 days"),
        "consents.objection",
        "consents_objection WHERE NOT lifted AND recorded_at > now() - interval '30 days'",
        "?lifted__exact=0&recorded_at__gte={month_ago}",
        level="",
    ),
    Number(
        _("Consents that expire in 30 days"),
        "consents.consentrecord",
        "consents_consentrecord WHERE validity_until > now() AND validity_until < now() + interval '30 days'",
        "?validity_until__gte={now}&validity_until__lt={soon}",
        hint=_("Ask again in time, or they fall out of every segment."),
    ),
    Number(
        _("Agreements without legal basis"),
        "partners.agreementversion",
        "partners_agreementversion WHERE legal_basis = '' AND state IN ('proposed', 'in_force')",
        "?legal_basis__exact=",
        level="bad",
    ),
    Number(_("Agreements that end in 30 days"), "partners.agreementversion", EXPIRING, ENDING),
    Number(
        _("Age limits to confirm"),
        "consents.agelimit",
        "consents_agelimit WHERE NOT confirmed",
        "?confirmed__exact=0",
        hint=_("A limit counts only once a compliance officer has confirmed it."),
    ),
    Number(
        _("Corrections to decide"),
        "consents.correctionrequest",
        "consents_correctionrequest WHERE decided_at IS NULL",
        hint=_("Somebody says that a ledger entry is false. A second person decides."),
    ),
    Number(
        _("Reviews of suppressions due"),
        "consents.suppression",
        f"consents_suppression WHERE id = entry AND lifted_at IS NULL AND review_on <= {LOCAL_DATE}",
        "?lifted_at__isnull=True&review_on__lte={day}",
    ),
    Number(
        _("Personal values opened today"),
        "profiles.accessentry",
        "(SELECT recorded_at FROM profiles_accessentry ORDER BY id DESC LIMIT 10001) latest "
        f"WHERE recorded_at >= {TODAY}",
        "?recorded_at__gte={today}",
        level="",
        hint=_("Each with who, of whom and for what purpose."),
    ),
    Number(
        _("Privacy questions open"),
        "profiles.workitem",
        "profiles_workitem WHERE state = 'open' AND kind IN ('consent_conflict', 'consent_split')",
        "?state__exact=open&kind__in=consent_conflict,consent_split",
    ),
    *APPROVALS,
]
