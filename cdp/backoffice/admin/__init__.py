"""Pages of the installation itself: people and their roles, keys, sign-ins, jobs, who did what."""

from django.contrib import admin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from cdp.backoffice.admin import activity, service_keys, users

#: Models of ours and of our libraries that have no page of their own, and why. A test holds this list complete.
NOT_LISTED = {
    "auth.Permission": "Permissions come from cdp/access/roles.py and are shown on the page of a role.",
    "contenttypes.ContentType": "Says nothing to a person.",
    "sessions.Session": "Not used: sessions are cdp.StaffSession.",
    "cdp.StaffSession": "Its key opens the session, and an admin page would carry it in its address; see Users.",
    "otp_totp.TOTPDevice": "Holds the secret of a second factor; reset on the page of the user.",
    "otp_static.StaticDevice": "Holds recovery codes; reset on the page of the user.",
    "otp_static.StaticToken": "A recovery code.",
    "axes.AccessAttemptExpiration": "Not used.",
    "procrastinate.ProcrastinateWorker": "Shown by /health/ready.",
    "procrastinate.ProcrastinateEvent": "Steps of a job, of use to nobody but its developer.",
    "procrastinate.ProcrastinatePeriodicDefer": "The clock of periodic jobs.",
    "consents.ConsentEvidence": "Sealed; reached from the ledger entry that it proves.",
    "consents.ContactPoint": "A random id that stands for an address; seen in the consents of its person.",
    "profiles.Rejection": "Shown on the page of its import, which gives it back as a file.",
    "profiles.EventKey": "Digests of message ids: nothing a person could read.",
    "profiles.EventName": "Shown with each event; the builder of segments offers them.",
    "profiles.OrderLine": "Shown on the page of their event, and in the timeline of its person.",
    "profiles.ValueLock": "Empty but for what is being written at this moment.",
    "profiles.Identifier": "Shown on the page of its person, and of the record that says it.",
    "profiles.GoldenValue": "Shown on the page of its person, with the rule that decided.",
    "profiles.Alias": "Shown in the history of its person; its key has two columns, which the admin has no page for.",
    "profiles.DataKey": "Keys of people. No page may hold them.",
}

for secret in (TOTPDevice, StaticDevice):
    admin.site.unregister(secret)

__all__ = ["NOT_LISTED", "activity", "service_keys", "users"]
