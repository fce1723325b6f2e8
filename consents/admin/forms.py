"""What staff fill in about a person's choices. Shape is checked here, rules by the verbs."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cdp.base.database.ids import uuid7
from consents.models import Channel, CollectionPoint, Method, NoticeVersion, Purpose, State, SuppressionReason
from consents.models.layers import KINDS
from profiles.models import Namespace

#: What staff may record for a person; the others are said by systems.
SAID = [State.GIVEN, State.RENEWED, State.REFUSED, State.WITHDRAWN, State.REVOKED, State.INVALIDATED]
HOW = [Method.SPOKEN, Method.SIGNATURE, Method.CHECKBOX, Method.STAFF]


class House:
    """Mixin: every input looks like the house."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.RadioSelect | forms.CheckboxInput | forms.HiddenInput):
                field.widget.attrs.setdefault("class", "k-input")


class Moment(forms.DateTimeInput):
    """A moment in ISO form, as all pages write it, in the zone of the installation: a picker would ask the browser."""

    def __init__(self):
        super().__init__(format="%Y-%m-%d %H:%M", attrs={"placeholder": "2026-03-01 10:00", "autocomplete": "off"})


class Day(forms.DateInput):
    """A date by the browser's own picker, which speaks ISO whatever the language."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


def now_here() -> str:
    return f"{timezone.localtime():%Y-%m-%d %H:%M}"


class PublishForm(House, forms.Form):
    """Since when the words of a notice are in use."""

    in_use_from = forms.DateTimeField(
        label=_("In use since (empty: from now on)"),
        required=False,
        widget=Moment,
        help_text=_("Answers from before that moment cannot name these words. It stands once they are published."),
    )


class DecisionForm(House, forms.Form):
    """What a person told us, entered by staff with what proves it."""

    event = forms.CharField(widget=forms.HiddenInput, max_length=60)
    state = forms.ChoiceField(label=_("What they said"), choices=[(state.value, state.label) for state in SAID])
    purpose = forms.ModelChoiceField(Purpose.objects.filter(active=True), label=_("Purpose"))
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel)
    contact = forms.ChoiceField(
        label=_("Address or number"),
        required=False,
        help_text=_("A consent for one address does not count for another."),
    )
    effective_at = forms.DateTimeField(label=_("When they said it"), widget=Moment(), initial=now_here)
    method = forms.ChoiceField(label=_("How"), choices=[(how.value, how.label) for how in HOW])
    notice = forms.ModelChoiceField(
        NoticeVersion.objects.exclude(published_from=None).defer("text"),
        label=_("Words they were shown or read"),
        required=False,
        help_text=_("Needed for a consent."),
    )
    collection_point = forms.ModelChoiceField(
        CollectionPoint.objects.filter(active=True),
        label=_("Collection point"),
        required=False,
        help_text=_("Needed for a consent."),
    )
    evidence = forms.CharField(
        label=_("What proves it"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as the number of the call or the form. It is kept sealed."),
    )

    def __init__(self, *arguments, contacts, **options):
        super().__init__(*arguments, **options)
        self.fields["contact"].choices = [("", _("none: the person, whatever the address")), *contacts]
        self.initial.setdefault("event", str(uuid7()))


class ObjectionForm(House, forms.Form):
    """Somebody objects: to all direct marketing, or to one purpose."""

    event = forms.CharField(widget=forms.HiddenInput, max_length=60)
    purpose = forms.ModelChoiceField(
        Purpose.objects.filter(active=True),
        label=_("To what"),
        required=False,
        empty_label=_("all direct marketing and the profiling for it, Art. 21(2)"),
    )
    effective_at = forms.DateTimeField(label=_("When they objected"), widget=Moment(), initial=now_here)
    reason_code = forms.CharField(
        label=_("How we know"), max_length=40, help_text=_("A reference, such as the number of the call. No names.")
    )

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.initial.setdefault("event", str(uuid7()))


class RestrictionForm(House, forms.Form):
    reason_code = forms.CharField(
        label=_("Why"), max_length=40, help_text=_("Such as: accuracy disputed, Art. 18(1)(a). No names.")
    )


class ProofForm(House, forms.Form):
    """A history to hand over. It names the person in clear, so the access log wants to know why."""

    format = forms.ChoiceField(label=_("Format"), choices=[("pdf", _("PDF, to read")), ("csv", _("CSV, to count"))])
    reason = forms.CharField(
        label=_("Why it is made"), max_length=200, help_text=_("Stands on it, and in the access log.")
    )


class AddressForm(House, forms.Form):
    """An address or number, to be looked up or suppressed by its digest."""

    namespace = forms.ChoiceField(label=_("Kind"))
    address = forms.CharField(
        label=_("Address or number"), max_length=320, help_text=_("Only a keyed digest of it is used.")
    )

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.fields["namespace"].choices = [
            (code, KINDS.get(channel, channel))
            for channel, code in _one_of_each_kind().values_list("contact_channel", "code")
        ]


def _one_of_each_kind():
    """A namespace for each kind of address; which one does not matter, all of a kind are looked at."""
    addresses = Namespace.objects.exclude(contact_channel="")
    return addresses.order_by("contact_channel", "-priority").distinct("contact_channel")


class SuppressionForm(AddressForm):
    """An address that is never to be written to."""

    channel = forms.ChoiceField(
        label=_("Channel"), choices=[(Channel.NONE.value, _("all channels")), *Channel.choices[1:]]
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=SuppressionReason)
    note = forms.CharField(label=_("Note"), required=False, max_length=300, help_text=_("No names or addresses."))
    review_on = forms.DateField(label=_("Look again on"), required=False, widget=Day())
