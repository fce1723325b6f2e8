"""`{"op": "all" | "any" | "none", "of": [...]}`."""

from django.utils.translation import gettext as _

from segments.language.nodes.base import Node
from segments.language.sets import every, some


class GroupNode(Node):
    key = "op"

    def check(self, catalogue):
        for child in self.children:
            yield from child.check(catalogue)

    def people(self, frame):
        sets = [child.people(frame) for child in self.children]
        if self.body["op"] == "all":
            return every(sets)
        return some(sets) if self.body["op"] == "any" else ~some(sets)

    def clause(self, catalogue):
        clauses = [self._inner(child, catalogue) for child in self.children]
        if self.body["op"] == "none":
            return _("for whom none of this holds: (%(clauses)s)") % {"clauses": "; ".join(clauses)}
        *some_of, last = clauses
        pattern = _("%(some)s, and %(last)s") if self.body["op"] == "all" else _("%(some)s, or %(last)s")
        return pattern % {"some": ", ".join(some_of), "last": last} if some_of else last

    @staticmethod
    def _inner(child, catalogue):
        clause = child.clause(catalogue)
        bare = not isinstance(child, GroupNode) or child.body["op"] == "none"
        return clause if bare else f"({clause})"

    @property
    def depth(self) -> int:
        """Levels of groups, this one included."""
        return 1 + max((child.depth for child in self.children if isinstance(child, GroupNode)), default=0)
