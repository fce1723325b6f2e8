"""What people fill in: agreements with their terms, deliveries, files. Shape is checked here, rules by the verbs."""

from django import forms
from django.utils.translation import gettext_lazy as _

from consents.admin.forms import Day, House
from consents.models import LegalBasis, Purpose
from partners.admin import presenters
from partners.agreements import lifecycle
from partners.models import Agreement, AgreementVersion, Direction, Form, Partner, TermLine
from partners.models.agreements import Capacity
from partners.sharing import audiences

EXTRA_LINES = 4
LONGEST_DUTY = TermLine._meta.get_field("duties").base_field.max_length
ZONES = [
    "Europe/Copenhagen",
    "Europe/Stockholm",
    "Europe/Oslo",
    "Europe/Helsinki",
    "Atlantic/Reykjavik",
    "Europe/Berlin",
    "Europe/London",
    "UTC",
]


class AgreementForm(House, forms.ModelForm):
    """The frame of a new agreement, which stays as it is once a version is signed."""

    partner = forms.ModelChoiceField(Partner.objects.all(), label=_("Partner"))
    home_time_zone = forms.ChoiceField(label=_("Its days begin and end in"), choices=[(zone, zone) for zone in ZONES])

    class Meta:
        model = Agreement
        fields = ["partner", "number", "title", "direction", "home_time_zone"]


class VersionForm(House, forms.ModelForm):
    """The terms of a draft."""

    legal_basis = forms.ChoiceField(
        label=_("Legal basis"), required=False, choices=[("", _("– not stated yet –")), *LegalBasis.choices]
    )
    our_role = forms.ChoiceField(label=_("Our role"), choices=presenters.ROLES)
    partner_role = forms.ChoiceField(label=_("Their role"), choices=presenters.ROLES)
    purposes = forms.ModelMultipleChoiceField(
        Purpose.objects.filter(active=True),
        label=_("Purposes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = AgreementVersion
        fields = [*lifecycle.TERMS, "purposes"]
        widgets = {
            "valid_from": Day(),
            "valid_until": Day(),
            "arrangement_ref": forms.Textarea(attrs={"rows": 3}),
            "relevance_note": forms.Textarea(attrs={"rows": 3}),
        }


class LineForm(House, forms.Form):
    """One row of the table of terms; an empty field is no row."""

    field = forms.ChoiceField(label=_("Field"), required=False)
    purpose = forms.ModelChoiceField(Purpose.objects.filter(active=True), label=_("Purpose"), required=False)
    direction = forms.ChoiceField(label=_("Direction"), choices=Direction.choices)
    form = forms.ChoiceField(label=_("Form"), choices=Form.choices)
    max_rows = forms.IntegerField(label=_("At most rows"), required=False, min_value=1)
    duties = forms.CharField(label=_("Duties"), required=False, max_length=200)

    def __init__(self, *arguments, names: dict[str, str], **options):
        super().__init__(*arguments, **options)
        self.fields["field"].choices = [("", "–"), *names.items()]
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label}, {_('row')} {self.prefix.rsplit('-', 1)[-1]}"
            field.widget.attrs["class"] = f"k-input {'k-input--short' if name == 'max_rows' else ''}".strip()

    def clean(self):
        found = super().clean()
        if found.get("field") and not found.get("purpose"):
            self.add_error("purpose", _("Choose the purpose."))
        if any(len(duty) > LONGEST_DUTY for duty in _parts(found.get("duties", ""))):
            self.add_error("duties", _("Write each duty in at most %(most)s characters.") % {"most": LONGEST_DUTY})
        return found

    def line(self) -> lifecycle.NewTermLine | None:
        found = self.cleaned_data
        if not found.get("field"):
            return None
        duties = tuple(_parts(found["duties"]))
        return lifecycle.NewTermLine(
            found["field"], found["purpose"], found["direction"], found["form"], found["max_rows"], duties
        )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class LinesOnce(forms.BaseFormSet):
    """The same field goes for one purpose, in one direction and form, once."""

    def clean(self):
        seen = set()
        for form in self.forms:
            line = form.line() if form.is_valid() else None
            if line and line[:4] in seen:
                form.add_error("field", _("The same line stands above."))
            elif line:
                seen.add(line[:4])


LineFormSet = forms.formset_factory(LineForm, formset=LinesOnce, extra=EXTRA_LINES, max_num=200)


def line_values(version: AgreementVersion | None) -> list[dict]:
    """The lines of a version as initial values of the table."""
    lines = version.lines.order_by("purpose__key", "direction", "field", "form") if version else []
    return [
        {
            "field": line.field,
            "purpose": line.purpose_id,
            "direction": line.direction,
            "form": line.form,
            "max_rows": line.max_rows,
            "duties": ", ".join(line.duties),
        }
        for line in lines
    ]


class ApprovalForm(forms.Form):
    """An approval of the terms that were on the page."""

    capacity = forms.ChoiceField(choices=Capacity.choices)
    seen = forms.CharField(max_length=64)
    note = forms.CharField(required=False, max_length=1000)


class RequestForm(House, forms.Form):
    """Which columns of whom for what; the choices are those of the agreement in force."""

    purpose = forms.ModelChoiceField(Purpose.objects.none(), label=_("Purpose"), empty_label=None)
    columns = forms.MultipleChoiceField(label=_("Fields"), widget=forms.CheckboxSelectMultiple)
    audience = forms.ChoiceField(label=_("Who"))

    def __init__(self, *arguments, purposes, columns: list[tuple[str, str]], **options):
        super().__init__(*arguments, **options)
        self.fields["purpose"].queryset = purposes
        self.fields["columns"].choices = columns
        self.fields["audience"].choices = [(str(ref or ""), words) for ref, words in audiences.choices()]
        self.fields["audience"].required = False


class InboundUploadForm(House, forms.Form):
    """A partner's file, and for what it is."""

    purpose = forms.ModelChoiceField(Purpose.objects.none(), label=_("Purpose"), empty_label=None)
    file = forms.FileField(label=_("File"), help_text=_("CSV, NDJSON or Parquet; .gz and .zip are unpacked."))
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("find out")), ("utf-8", "UTF-8"), ("windows-1252", "Windows-1252"), ("latin-1", "Latin-1")],
    )

    def __init__(self, *arguments, purposes, **options):
        super().__init__(*arguments, **options)
        self.fields["purpose"].queryset = purposes
