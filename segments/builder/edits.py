"""Edits of a document by one button: add, remove, move. The act tells what and where: "up|0.2", "add|0|event"."""

from copy import deepcopy

from segments.builder.forms import FORMS, PropertyForm
from segments.language.vocabulary import Catalogue


def grouped(document: dict) -> dict:
    """`document` with a group as its outermost node, as the form shows it."""
    rule = document["rule"]
    return document if "op" in rule else {**document, "rule": {"op": "all", "of": [rule]}}


def edited(document: dict, act: str, catalogue: Catalogue) -> dict:
    """`document` after `act`; an act that does not fit changes nothing."""
    name, _bar, rest = act.partition("|")
    path, _bar, kind = rest.partition("|")
    edit = EDITS.get(name)
    if edit is None:
        return document
    changed = deepcopy(document)
    try:
        edit(changed["rule"], _steps(path), kind, catalogue)
    except (IndexError, KeyError, ValueError):
        return document
    return changed


def _steps(path: str) -> list[str]:
    return path.split(".") if path else []


def _at(rule: dict, steps: list[str]) -> dict:
    for step in steps:
        rule = rule["where"][int(step[1:])] if step.startswith("w") else rule["of"][int(step)]
    return rule


def _place(rule, steps) -> tuple[list, int]:
    """(the list that holds the node, its place there)."""
    *above, last = steps
    holder = _at(rule, above)
    if last.startswith("w"):
        return holder["where"], int(last[1:])
    return holder["of"], int(last)


def add(rule, steps, kind, catalogue):
    group = _at(rule, steps)
    new = {"op": "any", "of": []} if kind == "op" else FORMS[kind].new(catalogue)
    group["of"].append(new)


def add_test(rule, steps, _kind, catalogue):
    _at(rule, steps).setdefault("where", []).append(PropertyForm.new(catalogue))


def remove(rule, steps, _kind, _catalogue):
    holder, place = _place(rule, steps)
    del holder[place]


def up(rule, steps, _kind, _catalogue):
    holder, place = _place(rule, steps)
    if place:
        holder.insert(place - 1, holder.pop(place))


def down(rule, steps, _kind, _catalogue):
    holder, place = _place(rule, steps)
    holder.insert(place + 1, holder.pop(place))


def wrap(rule, steps, _kind, _catalogue):
    """Into a group of its own."""
    holder, place = _place(rule, steps)
    holder[place] = {"op": "any", "of": [holder[place]]}


def out(rule, steps, _kind, _catalogue):
    """Out of its group, to stand right after it; a group left empty goes."""
    *above, _last = steps
    holder, place = _place(rule, steps)
    outer, group_place = _place(rule, above)
    outer.insert(group_place + 1, holder.pop(place))
    if not holder:
        del outer[group_place]


EDITS = {
    "add": add,
    "test": add_test,
    "remove": remove,
    "up": up,
    "down": down,
    "wrap": wrap,
    "out": out,
}
