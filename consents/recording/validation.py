"""What a decision must fulfil before it is recorded. Each guard says a stable code and a sentence one can act on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import attrgetter

from django.conf import settings
from django.utils.translation import gettext as _

from cdp.base.errors import Violation
from consents.models import ActorKind, Channel, ConsentType, Method, State
from consents.recording.references import References, references_of
from consents.recording.statement import ConsentStatement, RefusedStatement
from consents.state import contact_points
from consents.state.time import is_timely
from profiles.records.parsing import EARLIEST

#: Field, code and detail of a violation.
FieldViolation = tuple[str, str, str]
Guard = Callable[[ConsentStatement, References], Iterator[FieldViolation]]


def violations(statements: Sequence[ConsentStatement], known: References) -> list[RefusedStatement]:
    """Everything that is wrong with `statements`, in their order; empty when all may be recorded.

    What stands in the ledger already was timely once; sent again, it only has to say the same.
    """
    dated = [(index, one) for index, one in enumerate(statements) if one.effective_at.utcoffset() is not None]
    found = [*_violations(enumerate(statements), known, [_naive]), *_violations(dated, known, GUARDS)]
    late = _violations(dated, known, TIMELY)
    again = references_of(_key(statements[refused.index], known) for refused in late) if late else {}
    found += [refused for refused in late if _key(statements[refused.index], known) not in again]
    return sorted(found, key=attrgetter("index"))


def _violations(
    numbered: Iterable[tuple[int, ConsentStatement]], known: References, guards: Sequence[Guard]
) -> list[RefusedStatement]:
    return [
        RefusedStatement(index, Violation(f"/{field}", code, detail))
        for index, statement in numbered
        for guard in guards
        for field, code, detail in guard(statement, known)
    ]


def _key(statement: ConsentStatement, known: References) -> tuple[int | None, str]:
    source = known.sources.get(statement.source)
    return source and source.pk, statement.source_event_id


def _naive(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    if statement.effective_at.utcoffset() is None:
        yield "effective_at", "naive_time", _("Give the time with its zone, such as 2026-03-01T10:00:00+01:00.")


_VOCABULARIES = {
    field: frozenset(choices.values)
    for field, choices in (
        ("state", State),
        ("channel", Channel),
        ("consent_type", ConsentType),
        ("method", Method),
        ("actor_kind", ActorKind),
    )
}


def _terms(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    for field, terms in _VOCABULARIES.items():
        if getattr(statement, field) not in terms:
            yield field, "unknown_term", _("This is one of: %(known)s.") % {"known": ", ".join(sorted(terms))}


def _moment(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    if statement.effective_at < EARLIEST:
        yield "effective_at", "time_out_of_range", _("The time lies before 1970. Correct it.")
    elif not is_timely(statement.effective_at):
        yield "effective_at", "in_the_future", _("The decision lies in the future.")


def _late(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    oldest = datetime.now(UTC) - settings.KENDT_EVIDENCE_REQUIRED_AFTER
    if statement.grants and not statement.is_proven and statement.effective_at < oldest:
        yield "evidence", "late_without_evidence", _("A consent that is reported this late needs its evidence.")


def _closed(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    purpose, point = known.purposes.get(statement.purpose), known.points.get(statement.collection_point)
    if statement.grants and purpose and not purpose.active:
        yield "purpose", "purpose_closed", _("This purpose is closed; nobody is asked for it any more.")
    if statement.grants and point and not point.active:
        yield "collection_point", "point_closed", _("This collection point is closed.")


def _confirmation(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    """The second step of a double opt-in needs its first, not long ago, and counts once."""
    point = known.points.get(statement.collection_point)
    if statement.grants and point and point.needs_double_opt_in and statement.method == Method.LINK:
        asked = known.asked_at(statement)
        if asked is None or not asked <= statement.effective_at <= asked + settings.KENDT_DOUBLE_OPT_IN:
            yield "method", "nothing_to_confirm", _("Nothing waits to be confirmed, or the link is too old.")


def _origin(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    if statement.source not in known.sources:
        yield "source", "unknown_source", _("There is no such source.")
    if not statement.source_event_id.strip():
        yield "source_event_id", "missing", _("Each decision carries the id that its source knows it by.")


def _person(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    found = known.person(statement)
    field = "profile" if statement.profile else "record" if statement.record else "identifier"
    if not found:
        yield field, "unknown_person", _("Nobody is known by this.")
    elif len(found) > 1:
        yield field, "ambiguous_person", _("Several people share this identifier; name the profile.")
    elif found[0].erased:
        yield field, "erased", _("This person's data has been erased.")
    elif statement.record and known.record_is_of_another(statement, found[0]):
        yield "record", "other_person", _("The source record is another person's.")


def _question(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    """Purpose, controller and place of asking."""
    purpose, point = known.purposes.get(statement.purpose), known.points.get(statement.collection_point)
    if purpose is None:
        yield "purpose", "unknown_purpose", _("There is no such purpose.")
    if statement.controller not in known.controllers:
        yield "controller", "unknown_controller", _("There is no such controller.")
    if statement.collection_point and point is None:
        yield "collection_point", "unknown_point", _("There is no such collection point.")
    if statement.grants and purpose and point and not known.may_ask(point, purpose):
        yield "collection_point", "may_not_ask", _("This collection point may not ask for this purpose.")
    if statement.grants and not statement.collection_point:
        yield "collection_point", "missing", _("A consent names where it was given.")


def _words(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    """The notice that was shown."""
    notice, purpose = known.notices.get(statement.notice), known.purposes.get(statement.purpose)
    if statement.grants and not statement.notice:
        yield "notice", "missing", _("A consent names the words that were shown.")
    elif statement.notice and notice is None:
        yield "notice", "unknown_notice", _("There is no such notice in this language and version.")
    elif statement.grants and not notice.in_use_at(statement.effective_at):
        yield "notice", "notice_not_in_use", _("This notice was not in use when the person answered.")
    elif notice and purpose and known.version(purpose, notice, statement.effective_at) is None:
        yield "notice", "notice_does_not_cover", _("This notice says nothing of this purpose.")
    if notice and statement.language and statement.language != notice.language:
        yield "language", "other_language", _("The notice was shown in another language.")


def _proof(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    purpose, notice = known.purposes.get(statement.purpose), known.notices.get(statement.notice)
    version = known.version(purpose, notice, statement.effective_at) if purpose else None
    if statement.grants and version and version.special_category and statement.consent_type != ConsentType.EXPLICIT:
        yield "consent_type", "explicit_needed", _("Special categories of data need an explicit consent (Art. 9).")
    if statement.grants and statement.actor_kind == ActorKind.STAFF and not statement.evidence:
        yield "evidence", "evidence_needed", _("What staff enter for a person needs evidence.")


def _contact(statement: ConsentStatement, known: References) -> Iterator[FieldViolation]:
    if statement.contact is None:
        return
    found = known.contact(statement)
    if found is None:
        yield "contact", "not_a_contact_point", _("This is no address or number that can be written to.")
    elif contact_points.ADDRESSED_BY.get(statement.channel, found.kind) != found.kind:
        yield "contact", "other_channel", _("This contact point does not belong to the channel.")


#: What must hold whenever a decision is sent, and what only when it is recorded.
GUARDS = [_terms, _moment, _origin, _person, _question, _words, _proof, _contact]
TIMELY = [_late, _closed, _confirmation]
