"""Why somebody is in a segment, or not: the rule as a tree, with the value and the evidence under each leaf."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from cdp.base.database import sql
from consents.permission import decision
from consents.permission.excluded import flagged
from segments.language.compiler import LIVING, compile, frame
from segments.language.nodes import Frame, GroupNode, Node
from segments.language.parsing import Definition, read
from segments.language.vocabulary import Catalogue
from segments.membership.reach import ReachQuestion, questions
from segments.models import Segment


def explain(segment: Segment, profile: UUID, *, as_of: datetime | None = None) -> dict:
    """{"member", "as_of", "definition", "because": [leaf or group], "flags": [code], "reach": [{...}]} for one person.

    Each entry: {"path", "text", "holds"}; a leaf adds "value" and "evidence", a group "of".
    """
    definition, catalogue = read(segment.current.definition), Catalogue.load()
    as_of = as_of or timezone.now()
    around = frame(definition, as_of=as_of, only=[profile], catalogue=catalogue)
    flags = flags_of(profile)
    meant = _any_row(*_statement(definition, as_of, profile, catalogue))
    return {
        "member": meant and not flags,
        "as_of": as_of,
        "definition": segment.current.number,
        "because": [_told(definition.rule, profile, around)],
        "flags": flags,
        "reach": [_reach(question, profile) for question in questions()],
    }


def _reach(question: ReachQuestion, profile: UUID) -> dict:
    answer = decision.decide(profile, purpose=question.purpose.key, channel=question.channel)
    return {
        "purpose": question.purpose.key,
        "channel": question.channel,
        "allowed": answer.allowed,
        "reason": answer.reason,
        "sentence": answer.sentence,
    }


def flags_of(profile: UUID) -> list[str]:
    """What keeps a person out of every segment: "not_living", "left_out_by_flag"."""
    found = []
    if not _any_row(f"{LIVING} AND p.id = %s", (profile,)):
        found.append("not_living")
    if _any_row(f"SELECT FROM ({flagged().replace('%', '%%')}) f WHERE f.profile_id = %s", (profile,)):
        found.append("left_out_by_flag")
    return found


def _statement(definition: Definition, as_of, profile, catalogue):
    statement = compile(definition, as_of=as_of, only=[profile], catalogue=catalogue)
    return statement.sql, statement.params


def _told(node: Node, profile: UUID, around: Frame) -> dict:
    people = node.people(around)
    told = {
        "path": node.pointer,
        "text": node.clause(around.catalogue),
        "holds": _any_row(f"SELECT WHERE {people.holds_for('%s::uuid')}", (*people.params, profile)),
    }
    if isinstance(node, GroupNode):
        return told | {"op": node.body["op"], "of": [_told(child, profile, around) for child in node.children]}
    return told | node.explain(profile, around)


def _any_row(statement: str, params: tuple) -> bool:
    return sql.value(f"SELECT EXISTS ({statement})", params)
