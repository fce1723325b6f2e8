"""What is wrong with a row, by stable code, in words that say what to do."""

from django.utils.translation import gettext_lazy as _

from profiles.imports.files.rows import Fault

ADVICE = {
    "ragged": _("The row has more or fewer cells than the header. Put cells with a separator in quotation marks."),
    "ragged_over_lines": _("The row runs over several lines and does not fit the header. Mend its quotation marks."),
    "broken_quote": _("A quotation mark stands inside a cell. Double it, and put the cell in quotation marks."),
    "not_json": _("The line is no JSON object, nests too deep or holds half a character. Write one object a line."),
    "nul_character": _("The cell holds a NUL character. Remove it."),
    "cell_too_large": _("The cell is longer than 1 MiB. Shorten it."),
    "missing_required": _("A value is needed here. Fill it in."),
    "unknown_value": _("The mapping does not say what this value means. Add it there, or correct it here."),
    "not_a_number": _("A number in the declared notation is expected. Correct it, or the decimal sign of the file."),
    "number_too_large": _("The number has more than 14 digits before the decimal sign. Correct it."),
    "not_a_time": _("A date or time in the declared form is expected. Correct it, or the form in the mapping."),
    "time_out_of_range": _("The time lies before 1970. Correct it."),
    "not_products": _(
        "A JSON list with one object a product is expected, of at most 1,000. Correct the cell or the mapping."
    ),
    "future_date": _("The time lies in the future. Correct the clock or the date."),
    "too_long": _("The text is longer than its place allows. Shorten it."),
}


def advice(fault: Fault) -> str:
    """What to do about a fault, in the language of the moment where the code is one of ours."""
    return str(ADVICE.get(fault.code) or fault.detail or fault.code)
