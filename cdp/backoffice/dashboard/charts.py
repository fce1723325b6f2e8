"""Small charts as inline SVG, made on the server: no script, readable by everyone. Every chart has its table."""

from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

WIDTH, HEIGHT, GAP = 560, 120, 4
LABEL_EVERY = 7

DRAWING = """
<svg class="k-chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{id}"><title id="{id}">{title}</title>
<line x1="0" x2="{w}" y1="{base}" y2="{base}" class="k-chart-line"/>{bars}{labels}</svg>{table}
"""
BAR = '<rect x="{}" y="{}" width="{}" height="{}" rx="3"><title>{}: {}</title></rect>'
LABEL = '<text x="{}" y="{}" text-anchor="middle" aria-hidden="true">{}</text>'


class Point(NamedTuple):
    label: str
    value: int


def columns(points: list[Point], *, title: str, ident: str) -> SafeString:
    """Columns over time, oldest first, the highest as high as the chart; figures stand in the table under it."""
    top = max((point.value for point in points), default=0)
    if not top:
        return format_html('<p class="k-quiet">{}</p>', _("None in this time."))
    step = WIDTH / max(len(points), 1)
    bars = [_bar(index * step, step, point, top) for index, point in enumerate(points)]
    every = 1 if len(points) <= LABEL_EVERY else 2
    texts = [
        (f"{index * step + step / 2:.1f}", HEIGHT + 16, point.label)
        for index, point in enumerate(points)
        if index % every == 0
    ]
    return format_html(
        DRAWING,
        w=WIDTH,
        h=HEIGHT + 22,
        base=HEIGHT,
        id=ident,
        title=title,
        bars=format_html_join("", BAR, bars),
        labels=format_html_join("", LABEL, texts),
        table=table(points),
    )


def table(points: list[Point]) -> SafeString:
    """The same figures in words."""
    return format_html(
        '<details><summary>{}</summary><table class="k-table"><tbody>{}</tbody></table></details>',
        _("As a table"),
        format_html_join("", '<tr><th scope="row">{}</th><td class="k-number">{}</td></tr>', points),
    )


def _bar(left: float, step: float, point: Point, top: int) -> tuple:
    height = HEIGHT * point.value / top
    height = max(height, 2) if point.value else 0
    return (
        f"{left + GAP / 2:.1f}",
        f"{HEIGHT - height:.1f}",
        f"{step - GAP:.1f}",
        f"{height:.1f}",
        point.label,
        point.value,
    )
