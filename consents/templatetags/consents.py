"""States and look-ups in the templates of consents."""

from django import template

from consents.badges import state_badge, verdict_badge

register = template.Library()
register.filter("state_badge", state_badge)
register.filter("verdict_badge", verdict_badge)


@register.filter
def of(mapping: dict, key):
    """The value of `key`, or nothing."""
    return mapping.get(key)


@register.filter
def channel_of(index: int, channels: list) -> str:
    """The heading of a column of the matrix."""
    return channels[index].label
