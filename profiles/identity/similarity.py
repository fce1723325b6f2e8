"""When names or dates of birth contradict each other, so that a shared address does not join two people."""

from collections.abc import Set
from datetime import date

from rapidfuzz.distance import JaroWinkler

#: First names below this Jaro-Winkler similarity are those of two people.
LIKE = 0.75
#: Danish, Swedish and English names that one person may go by, one group a line; as `normal_form.folded_name`
#: folds them.
GO_BY = """
alexander alex aleks sander sasha
anders andreas andrew andy
anna anne ann annika anita anja
anthony antonius anton tony
barbara babs barbro
birgitte birgitta birgit gitte britt britta
christian kristian chris kris kristen christen
christina kristina kristine christine stina stine tina kirsten kirstine kerstin
daniel dan danny
edvard edward eddie ed
elisabeth elisabet elizabeth lisbeth lisbet lis lisa lise liz beth betty ella elsa else
frederik fredrik frederick fred freddy
gunilla gun gunnel
gustav gustaf gösta
helene helena elena lene lena ellen nelly
henrik henry harry
ingeborg inge inga inger
jacob jakob jim james jeppe ib
johan johannes hans jan john johnny jens jon jonas
jörgen georg george göran
josefine josephine josefina fina fine
karl carl charles kalle charlie
katarina katrine katrina kathrine catharina catherine trine karina karin karen kate katja kajsa
lars lasse lorens laurits
magdalena magdalene malene lena lene
margrethe margareta margaret grethe grete greta maggie meta
maria marie mary mia maja marianne mie
mattias mathias matthew mads mats matt
mikael michael mikkel mick micke mike
nikolaj nicolai nikolai nicholas niklas nick klaus claus niels nils
per peter peder petter pelle pete
rasmus erasmus
richard rickard rikard dick rick
robert bob bobby rob robin
sofie sofia sophie fie
stefan steffen stephen steven steve staffan
thomas tomas tom tommy
vilhelm wilhelm william ville bill billy will
"""


def _by_name() -> dict[str, set[int]]:
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(GO_BY.splitlines()):
        for name in line.split():
            groups.setdefault(name, set()).add(number)
    return groups


_GROUPS = _by_name()


def names_differ(one: Set[str], two: Set[str]) -> bool:
    """True where both have first names (folded) and no name of the one is like any of the other."""
    return bool(one and two) and not any(_alike(a, b) for a in one for b in two)


def births_differ(one: Set[date], two: Set[date]) -> bool:
    """True where both have dates of birth and every pair differs in two or more of day, month, year."""
    return bool(one and two) and all(_parts_off(a, b) >= 2 for a in one for b in two)


def _alike(one: str, two: str) -> bool:
    return one == two or not _groups(one).isdisjoint(_groups(two)) or JaroWinkler.similarity(one, two) >= LIKE


def _groups(name: str) -> set[int]:
    """The groups of the first of several first names."""
    return _GROUPS.get(name.split(" ", 1)[0], set())


def _parts_off(one: date, two: date) -> int:
    """How many of day, month and year differ; day and month swapped count as one."""
    swapped = (one.day, one.month) == (two.month, two.day) and one.day != one.month
    parts = 1 if swapped else (one.day != two.day) + (one.month != two.month)
    return parts + (one.year != two.year)
