"""What the apps above ask before anything is stored of a person: an erased person stays unknown, a partner's row keeps
to its agreement. Whoever has a question registers a gate from its `AppConfig.ready`.

A gate gets the terms that all people of a call have in common and their readings. It gives {place in the list: Problem}
of those who must not be stored, or raises a Refused for all of them. It runs inside the writer's transaction.
"""

from collections.abc import Callable, Sequence

from profiles.records.statement import Problem

Gate = Callable[..., dict[int, Problem]]
_gates: list[Gate] = []


def register(gate: Gate) -> None:
    """Ask `gate` of everybody from now on; once is enough."""
    if gate not in _gates:
        _gates.append(gate)


def refused(common, readings: Sequence) -> dict[int, Problem]:
    """{place: the first Problem} of those whom some gate keeps out."""
    problems: dict[int, Problem] = {}
    for gate in _gates if readings else ():
        problems = gate(common, readings) | problems
    return problems
