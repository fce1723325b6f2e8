"""What the apps above ask before anything is stored of a person: an erased person stays unknown, a partner's row keeps
to its agreement. Whoever has a question adds a gate from its `AppConfig.ready`.

A gate gets the terms that all people of a call have in common and their readings. It gives {place in the
list: Violation} of those who must not be stored, or raises a Refused for all of them. It runs inside the writer's
transaction.
"""

from collections.abc import Callable, Sequence

from cdp.base.errors import Violation
from cdp.base.extension import ExtensionPoint

Gate = Callable[..., dict[int, Violation]]
BEFORE_WRITING: ExtensionPoint[Gate] = ExtensionPoint("profiles.records.admission")


def refused(common, readings: Sequence) -> dict[int, Violation]:
    """{place: the first Violation} of those whom some gate keeps out."""
    problems: dict[int, Violation] = {}
    for gate in BEFORE_WRITING if readings else ():
        problems = gate(common, readings) | problems
    return problems
