"""Forms of the import pages: the file, how it is written, what its columns mean."""

import json

from django import forms
from django.utils.translation import gettext_lazy as _

from profiles.imports.files.formats import ENCODINGS
from profiles.imports.mapping import specification
from profiles.imports.mapping.columns import COMMON, meanings, spec_of, twice
from profiles.imports.mapping.values import FORMS
from profiles.imports.run import handlers
from profiles.models import Source
from profiles.models.sources import Party, RowKind

SEPARATORS = [(",", _("comma ,")), (";", _("semicolon ;")), ("tab", _("tab")), ("|", _("bar |"))]
DECIMALS = [(".", _("point: 1234.5")), (",", _("comma: 1234,5"))]
OWN_PARTIES = [(party.value, party.label) for party in (Party.FIRST, Party.ZERO)]


class _Styled(forms.Form):
    """Widgets in the look of the house."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect):
                field.widget.attrs.setdefault("class", "k-input")


class ImportUploadForm(_Styled):
    source = forms.ModelChoiceField(
        Source.objects.none(), label=_("Source"), help_text=_("The system that the file comes from.")
    )
    party = forms.TypedChoiceField(
        label=_("How the data was gathered"), choices=OWN_PARTIES, coerce=int, widget=forms.RadioSelect
    )
    file = forms.FileField(
        label=_("File"), help_text=_("CSV, NDJSON or Parquet; .gz and .zip with one file in it too. Up to 2 GiB.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = Source.objects.filter(enabled=True, party__in=[Party.ZERO, Party.FIRST]).exclude(kind="staff")
        self.fields["source"].queryset = own.order_by("title")


class FormatForm(_Styled):
    """Members of `Format` for files of text."""

    encoding = forms.ChoiceField(label=_("Letters"), choices=[(name, name) for name in ENCODINGS])
    separator = forms.ChoiceField(label=_("Cells are separated by"), choices=SEPARATORS)
    decimal = forms.ChoiceField(label=_("Decimal sign"), choices=DECIMALS)
    skip = forms.IntegerField(label=_("Lines before the header"), min_value=0, max_value=1_000)
    header = forms.BooleanField(label=_("The first row names the columns"), required=False)

    def __init__(self, *args, format=None, **kwargs):
        if format is not None:
            kwargs["initial"] = format | {"separator": format["separator"].replace("\t", "tab")}
        super().__init__(*args, **kwargs)

    def declared(self) -> dict:
        return self.cleaned_data | {"separator": self.cleaned_data["separator"].replace("tab", "\t")}


class MappingForm(_Styled):
    """What the columns mean, kept under a name; by one choice a column, or as text."""

    name = forms.CharField(
        label=_("Name of this mapping"), max_length=80, help_text=_("It is remembered for the next file of this kind.")
    )
    event_name = forms.CharField(
        label=_("What happened"), max_length=200, required=False, help_text=_("The name that all these events get.")
    )
    dates = forms.ChoiceField(
        label=_("Dates are written like"),
        required=False,
        choices=[("", _("as found in each column")), *((form, example) for form, example in FORMS.items() if form)],
    )
    spec = forms.CharField(label=_("Mapping as text"), required=False, widget=forms.Textarea(attrs={"rows": 18}))

    def __init__(
        self, *args, rows: str, columns: list[str], samples: dict, chosen: dict | None = None, constants=None, **kwargs
    ):
        """chosen: {column: target} to begin with; None where the mapping can only be told as text.

        constants: {field: value} of what all decisions have in common, to begin with.
        """
        super().__init__(*args, **kwargs)
        self._rows, self._columns, self.samples = rows, columns, samples
        self.has_choices = chosen is not None
        example = json.dumps(specification.propose(columns, rows=rows), indent=2, ensure_ascii=False)
        self.fields["spec"].widget.attrs |= {
            "class": "k-input k-mono",
            "spellcheck": "false",
            "placeholder": example,
        }
        if rows != RowKind.EVENTS:
            del self.fields["event_name"]
        choices = [("", _("is left out")), *((title, [tuple(one) for one in group]) for title, group in meanings(rows))]
        for place, column in enumerate(columns):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=column,
                choices=choices,
                required=False,
                initial=(chosen or {}).get(column, ""),
                widget=forms.Select(attrs={"class": "k-input"}),
            )

        self._constants = self._add_constants(constants or {}) if rows == RowKind.CONSENTS else []

    def _add_constants(self, begin: dict[str, str]) -> list[str]:
        """A choice for each field that all decisions may have in common; gives the names of these fields."""
        titles = {one.target: one.title for _title, group in meanings(RowKind.CONSENTS) for one in group}
        offered = handlers.COMMON_CHOICES.only()
        for name in COMMON:
            kept = begin.get(name, "")
            known = [("", _("as its column says")), *offered[name]]
            known += [] if kept in dict(known) else [(kept, kept)]
            self.fields[f"all_{name}"] = forms.ChoiceField(
                label=titles[f"consents.{name}"],
                choices=known,
                required=False,
                initial=kept,
                widget=forms.Select(attrs={"class": "k-input"}),
            )
        return [f"all_{name}" for name in COMMON]

    def constant_fields(self):
        return [self[name] for name in self._constants]

    def column_fields(self):
        return [self[f"column_{place}"] for place in range(len(self._columns))]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("spec"):
            self.cleaned_spec = self._from_text(data["spec"])
        else:
            self.cleaned_spec = self._from_choices(data)
        if self.cleaned_spec is not None:
            self._check()
        return data

    def _from_text(self, text: str) -> dict | None:
        try:
            spec = json.loads(text)
        except (ValueError, RecursionError) as trouble:
            self.add_error("spec", _("This is no JSON: %(why)s") % {"why": trouble})
            return None
        if not isinstance(spec, dict):
            self.add_error("spec", _("A mapping is one JSON object."))
            return None
        return spec

    def _from_choices(self, data: dict) -> dict:
        answers = ((column, data.get(f"column_{place}")) for place, column in enumerate(self._columns))
        chosen = {column: target for column, target in answers if target}
        titles = {one.target: one.title for _title, group in meanings(self._rows) for one in group}
        constants = {name.removeprefix("all_"): data[name] for name in self._constants if data.get(name)}
        common = {f"consents.{name}" for name in constants}
        for target in sorted(common & set(chosen.values())):
            self.add_error(
                None, _("%(what)s is told by a column and for all rows. Choose one.") % {"what": titles[target]}
            )
        for target in twice(chosen):
            self.add_error(None, _("Two columns mean %(what)s. Choose one.") % {"what": titles[target]})
        said = {"event_name": data.get("event_name") or "", "dates": data.get("dates") or ""}
        said["constants"] = constants
        return spec_of(chosen, rows=self._rows, texts=self.samples, **said)

    def _check(self) -> None:
        try:
            specification.check(self.cleaned_spec, rows=self._rows, columns=self._columns)
        except specification.MappingRefused as refusal:
            for error in refusal.errors:
                self.add_error("spec" if self.data.get("spec") else None, f"{error['pointer']}: {error['detail']}")
