"""Sets of people as SQL. A set may be "everyone but these", so that truth has two values and NOT loses nobody."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class PeopleSet:
    """`sql` selects `profile_id` (repeats allowed, never NULL); `rest` says that everyone else is meant."""

    sql: str
    params: tuple = ()
    rest: bool = False

    def __invert__(self) -> "PeopleSet":
        return replace(self, rest=not self.rest)

    def holds_for(self, column: str) -> str:
        """A condition on `column`, a profile id of the statement around it."""
        told = "NOT EXISTS" if self.rest else "EXISTS"
        return f"{told} (SELECT FROM ({self.sql}) o WHERE o.profile_id = {column})"


def every(sets: list[PeopleSet]) -> PeopleSet:
    """Those who are in all of `sets`."""
    inside = [people for people in sets if not people.rest]
    outside = [people for people in sets if people.rest]
    if not inside:
        return ~_together([~people for people in outside])
    first, *others = inside
    others += outside
    if not others:
        return first
    conditions = " AND ".join(people.holds_for("s.profile_id") for people in others)
    return PeopleSet(
        f"SELECT s.profile_id FROM ({first.sql}) s WHERE {conditions}",
        sum((people.params for people in others), first.params),
    )


def some(sets: list[PeopleSet]) -> PeopleSet:
    """Those who are in at least one of `sets`."""
    return ~every([~people for people in sets])


def _together(sets: list[PeopleSet]) -> PeopleSet:
    return PeopleSet(
        " UNION ALL ".join(f"({people.sql})" for people in sets), sum((people.params for people in sets), ())
    )
