"""What a rule may name: attributes, identifiers, sources, purposes and segments, read once."""

from dataclasses import dataclass, field
from functools import cached_property

from consents.models import Purpose
from profiles.models import Attribute, EventName, Namespace, Source
from segments.models import Segment, SegmentState

#: Properties of events that have a column of their own, and the type of each.
EVENT_COLUMNS = {
    "category": "text",
    "order_id": "text",
    "product_id": "text",
    "currency": "text",
    "type": "text",
    "source": "text",
    "quantity": "number",
    "price": "number",
    "amount": "number",
}
MONEY = ("price", "amount")


@dataclass
class Catalogue:
    """The vocabulary of one reading, by code or key; each kind is read when it is first asked for."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    _event_numbers: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "Catalogue":
        return cls({one.code: one for one in Attribute.objects.filter(active=True)})

    def event_numbers(self, name: str) -> list[int]:
        """The numbers of events of this name, one for each type of call; asked by name, for there may be very many."""
        if name not in self._event_numbers:
            self._event_numbers[name] = EventName.objects.numbers(name)
        return self._event_numbers[name]

    @cached_property
    def namespaces(self) -> dict[str, Namespace]:
        return {one.code: one for one in Namespace.objects.all()}

    @cached_property
    def sources(self) -> dict[str, Source]:
        return {one.code: one for one in Source.objects.all()}

    @cached_property
    def purposes(self) -> dict[str, Purpose]:
        return {one.key: one for one in Purpose.objects.all()}

    @cached_property
    def segments(self) -> dict[str, Segment]:
        usable = Segment.objects.exclude(state=SegmentState.ARCHIVED).select_related("current")
        return {one.key: one for one in usable}
