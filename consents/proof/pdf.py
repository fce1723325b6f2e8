"""A proof as a PDF that a person can read: about whom, every decision with both clocks, and the words as shown."""

import io
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from consents.badges import TONES
from consents.models import Channel, NoticeVersion
from consents.proof.history import LedgerEntry
from consents.proof.proof import Proof, remark

INK, QUIET, LINE, FJORD = map(HexColor, ("#1b2430", "#5a6675", "#d5dbe1", "#1d6a78"))
TONE_INKS = {"good": "#1c6b3c", "warn": "#8a5a00", "bad": "#a3271f", "quiet": "#5a6675"}
MARGIN = 20 * mm
PADDING = 6  # of a page's frame, in points
WIDTH = A4[0] - 2 * MARGIN - 2 * PADDING
WHEN = 45 * mm

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=12.5, textColor=INK)
SMALL = ParagraphStyle("small", BODY, fontSize=7.5, leading=10.5, textColor=QUIET)
MONO = ParagraphStyle("mono", SMALL, fontName="Courier", fontSize=7)
TITLE = ParagraphStyle("title", BODY, fontName="Helvetica-Bold", fontSize=20, leading=24)
HEADING = ParagraphStyle(
    "heading", BODY, fontName="Helvetica-Bold", fontSize=12, leading=15, spaceBefore=16, spaceAfter=6
)
WORDS = ParagraphStyle("words", BODY, fontSize=9.5, leading=14, leftIndent=9, borderPadding=(0, 0, 0, 9), spaceBefore=4)


def as_pdf(proof: Proof) -> bytes:
    """A4; the profile id and the page number stand on every page."""
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=20 * mm,
        bottomMargin=22 * mm,
        title=_("Proof of consent"),
        author=proof.operator,
        identity=f"prf_{proof.profile}",
    )
    foot = _foot(proof)
    document.build([*_front(proof), *_decisions(proof), *_notices(proof)], onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _foot(proof: Proof):
    made = _moment(proof.made_at)

    def draw(canvas, document) -> None:
        canvas.saveState()
        canvas.setStrokeColor(LINE)
        canvas.line(MARGIN + PADDING, 16 * mm, A4[0] - MARGIN - PADDING, 16 * mm)
        canvas.setFont("Helvetica", 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN + PADDING, 11.5 * mm, f"prf_{proof.profile} · {made}")
        canvas.drawRightString(A4[0] - MARGIN - PADDING, 11.5 * mm, _("Page %(page)d") % {"page": document.page})
        canvas.restoreState()

    return draw


def _front(proof: Proof) -> list[Flowable]:
    facts = Table(
        [[_text(title, SMALL), _text(value)] for title, value in proof.header()],
        colWidths=[WHEN, WIDTH - WHEN],
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
                ("LINEABOVE", (0, 0), (-1, 0), 1.5, FJORD),
                ("LINEBELOW", (0, -1), (-1, -1), 0.5, LINE),
            ]
        ),
    )
    return [_text(_("Proof of consent"), TITLE), Spacer(1, 8), facts]


def _decisions(proof: Proof) -> list[Flowable]:
    if not proof.entries:
        return [_text(_("Decisions"), HEADING), _text(_("There is no record of any decision."))]
    return [_text(_("Decisions, the latest first"), HEADING), *(_decision(one, proof) for one in proof.entries)]


def _decision(one: LedgerEntry, proof: Proof) -> Flowable:
    entry = one.entry
    when = [
        _text(_moment(entry.effective_at)),
        _text(_("recorded %(when)s") % {"when": _moment(entry.recorded_at)}, SMALL),
    ]
    row = Table(
        [[when, _said(one, proof)]],
        colWidths=[WHEN, WIDTH - WHEN],
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ]
        ),
    )
    return KeepTogether(row)


def _said(one: LedgerEntry, proof: Proof) -> list[Flowable]:
    entry = one.entry
    state = entry.get_state_display() if entry.state else _("correction")
    ink = TONE_INKS[TONES.get(entry.state, "quiet")]
    where = [proof.addresses.get(entry.contact_ref, "")]
    if entry.channel != Channel.NONE:
        where.insert(0, entry.get_channel_display())
    head = f'<font color="{ink}"><b>{escape(str(state)).capitalize()}</b></font> — <b>{escape(entry.purpose.title)}</b>'
    if about := ", ".join(part for part in where if part):
        head += f" ({escape(str(about))})"
    lines = [Paragraph(head, BODY), _text(" · ".join(_facts(one)), SMALL)]
    if one.evidence_sha256:
        lines.append(_text(_("Evidence: SHA-256 %(digest)s") % {"digest": one.evidence_sha256}, MONO))
    if one.file_import:
        told = {"row": entry.row_number, "file": one.file_import, "digest": one.file_import.sha256}
        lines.append(_text(_("Evidence: row %(row)s of %(file)s, SHA-256 %(digest)s") % told, MONO))
    return lines


def _facts(one: LedgerEntry) -> list[str]:
    entry = one.entry
    facts = [
        _("entry %(position)s") % {"position": entry.pk},
        remark(one),
        _("decided by %(who)s") % {"who": entry.get_actor_kind_display()},
        entry.get_method_display(),
        _("recorded by %(who)s") % {"who": one.recorder},
        entry.collection_point.title if entry.collection_point else "",
        f"{entry.source.title}: {entry.source_event_id}",
        _("notice %(notice)s") % {"notice": entry.notice_version} if entry.notice_version else "",
        _("valid until %(when)s") % {"when": _moment(entry.validity_until)} if entry.validity_until else "",
    ]
    return [str(fact) for fact in facts if fact]


def _notices(proof: Proof) -> list[Flowable]:
    shown = {one.entry.notice_version_id: one.entry.notice_version for one in proof.entries if one.entry.notice_version}
    if not shown:
        return []
    ordered = sorted(shown.values(), key=lambda notice: (notice.key, notice.language, notice.version))
    return [
        _text(_("The words as they were shown"), HEADING),
        *(part for notice in ordered for part in _notice(notice)),
    ]


def _notice(notice: NoticeVersion) -> list[Flowable]:
    used = _("in use from %(when)s") % {"when": _moment(notice.published_from)}
    if notice.published_to:
        used += " " + _("until %(when)s") % {"when": _moment(notice.published_to)}
    return [
        Spacer(1, 6),
        _text(f"{notice} · {used}", SMALL),
        _text(f"SHA-256 {notice.sha256}", MONO),
        _text(notice.text, WORDS),
        _text(notice.withdrawal_text, WORDS),
    ]


def _moment(moment) -> str:
    local = timezone.localtime(moment)
    return f"{date_format(local, 'SHORT_DATETIME_FORMAT')} {local:%Z}"


def _text(words, style=BODY) -> Paragraph:
    return Paragraph(escape(str(words)).replace("\n", "<br/>"), style)
