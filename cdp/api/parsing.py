"""Bodies as the API takes them: JSON that is not nested without end, and whose text a database can keep."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

from cdp.base.api.text import is_storable

DEEPEST = 64  # levels: a segment of segments of conditions has about ten


class TooDeep(ParseError):
    """The JSON is nested deeper than any request is."""

    default_code = "too_deep"
    default_detail = _("The JSON is nested too deeply: at most %(most)s levels.") % {"most": DEEPEST}


class StrictJSONParser(JSONParser):
    """JSON; a NUL or half a surrogate pair is refused with a pointer to each place."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            said = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise TooDeep from None
        if places := list(_unstorable(said)):
            sentence = _("A text holds a NUL character or half a surrogate pair. Leave it out.")
            raise ValidationError({place: [sentence] for place in places}, code="bad_character")
        return said


def _unstorable(said, pointer: str = "", depth: int = 0) -> Iterator[str]:
    """The places of bad text as JSON pointers without the first slash; for a bad name, that of its object."""
    if depth > DEEPEST:
        raise TooDeep
    if isinstance(said, str):
        if not is_storable(said):
            yield pointer
        return
    if isinstance(said, dict) and not all(map(is_storable, said)):
        yield pointer
        return
    parts = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for name, part in parts:
        step = str(name).replace("~", "~0").replace("/", "~1")
        yield from _unstorable(part, f"{pointer}/{step}" if pointer else step, depth + 1)
