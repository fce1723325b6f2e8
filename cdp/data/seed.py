"""What every installation starts with: the vocabulary of identifiers and attributes, and the steward as a source."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_noop as _

from consents.models import AgeLimit, Controller
from profiles.models import Attribute, Namespace, Source

# code, title, role, normal form, priority, at most per profile, hub limit, window (days), many at once, channel
NAMESPACES = [
    ("customer_no", _("Customer number"), "anchor", "number", 1, 1, 1, None, False, ""),
    ("loyalty_no", _("Loyalty number"), "anchor", "number", 1, 1, 1, None, False, ""),
    ("user_id", _("Login"), "anchor", "login", 2, 2, 1, None, False, ""),
    ("email_verified", _("E-mail, verified"), "linking", "email", 3, 5, 2, None, False, "email"),
    ("email", _("E-mail"), "supported", "email", 4, 5, 2, None, False, "email"),
    ("phone", _("Phone"), "supported", "phone", 5, 5, 3, 730, False, "sms"),
    ("device", _("Device or cookie"), "last_login", "login", 8, 10, 3, 90, True, ""),
    ("third_party_id", _("Third-party id"), "apart", "login", 9, 10, 1, 90, True, ""),
]

# code, title, type, classification, group
ATTRIBUTES = [
    ("first_name", _("First name"), "text", "direct", "name"),
    ("last_name", _("Last name"), "text", "direct", "name"),
    ("full_name", _("Full name"), "text", "direct", "name"),
    ("street", _("Street"), "text", "direct", "address"),
    ("postal_code", _("Postal code"), "text", "quasi", "address"),
    ("city", _("City"), "text", "quasi", "address"),
    ("country", _("Country"), "text", "quasi", "address"),
    ("birth_date", _("Date of birth"), "date", "quasi", ""),
    ("gender", _("Gender"), "text", "quasi", ""),
    ("language", _("Language"), "text", "open", ""),
    ("company", _("Company"), "text", "open", ""),
    ("interests", _("Interests"), "list", "open", ""),
    ("preferred_channel", _("Preferred channel"), "text", "open", ""),
    ("customer_since", _("Customer since"), "date", "open", ""),
    ("loyalty_points", _("Loyalty points"), "number", "open", ""),
    ("loyalty_tier", _("Loyalty tier"), "text", "open", ""),
]

# country, years, from, why; proposals until a compliance officer confirms them
AGE_LIMITS = [
    ("DK", 15, date(2024, 1, 1), "Danish Data Protection Act, section 6(2), as amended with effect from 2024."),
    ("SE", 13, date(2018, 5, 25), "Swedish Data Protection Act (2018:218), chapter 2, section 4."),
    ("FI", 13, date(2019, 1, 1), "Finnish Data Protection Act (1050/2018), section 5."),
    ("NO", 13, date(2018, 7, 20), "Norwegian Personal Data Act, section 5."),
]


@transaction.atomic
def seed() -> None:
    """Add what lacks; what an owner has changed since stays as it is."""
    for code, title, role, normaliser, priority, most, hub, window, many, channel in NAMESPACES:
        Namespace.objects.get_or_create(
            code=code,
            defaults={
                "title": title,
                "role": role,
                "normaliser": normaliser,
                "priority": priority,
                "max_per_profile": most,
                "hub_limit": hub,
                "window_days": window,
                "many": many,
                "contact_channel": channel,
            },
        )
    for code, title, kind, classification, group in ATTRIBUTES:
        Attribute.objects.get_or_create(
            code=code, defaults={"title": title, "type": kind, "classification": classification, "group": group}
        )
    Source.objects.get_or_create(
        code="steward",
        defaults={
            "title": "Stewards",
            "kind": "staff",
            "party": 0,
            "trust": 90,
            "namespace": Namespace.objects.get(code="customer_no"),
        },
    )
    for country, years, since, reason in AGE_LIMITS:
        AgeLimit.objects.get_or_create(country=country, valid_from=since, defaults={"years": years, "reason": reason})
    Controller.objects.get_or_create(key="own", defaults={"name": "Our company"})
