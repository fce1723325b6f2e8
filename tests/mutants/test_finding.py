"""Which mutants are found in a source, and which of them are drawn."""

from collections import Counter
from pathlib import Path
from textwrap import dedent

import pytest

from tests.mutants import deciding, drawing, python, sql
from tests.mutants.mutant import mutants, read
from tests.mutants.verdicts import equivalents
from tests.some import each

MODULE = '''
"""A docstring with AND and 1."""
LIMIT: int = 3

def may(person, *, strict=True) -> bool | None:
    """Whether 1 < 2."""
    if person.age < LIMIT and not person.blocked:  # 1 < 2
        raise ValueError(_("Not 1"))
    return person.æøå == "x"
'''

QUERY = '''
def found(people):
    return rows(f"""SELECT coalesce(a.{people}, 'x AND y') FROM a  -- AND
                LEFT JOIN b ON b.id = a.id WHERE a.n BETWEEN 1 AND 2 AND NOT b.{{gone}}""")
'''


def after(text: str, kind: str | None = None) -> list[str]:
    """The changed lines of every mutant of a module."""
    return [mutant.after for mutant in mutants("m.py", text, python.edits(text)) if kind in (None, mutant.edit.kind)]


def changed(text: str, kind: str | None = None) -> list[str]:
    """Every mutant of a text of SQL."""
    return sorted(edit.made_in(text) for edit in set(sql.edits(text)) if kind in (None, edit.kind))


def test_every_fault_of_a_module_is_found_and_none_in_words_and_annotations():
    assert after(MODULE) == [
        "LIMIT: int = 2",
        "LIMIT: int = 4",
        "def may(person, *, strict=False) -> bool | None:",
        "if True and not person.blocked: # 1 < 2",
        "if False: # 1 < 2",
        "if True: # 1 < 2",
        "if person.age <= LIMIT and not person.blocked: # 1 < 2",
        "if person.age < LIMIT or not person.blocked: # 1 < 2",
        "if person.age < LIMIT and person.blocked: # 1 < 2",
        "if person.age < LIMIT and True: # 1 < 2",
        "pass",
        "return None",
        'return person.æøå != "x"',
    ]


@pytest.mark.parametrize(
    ("line", "mutant"),
    [
        ("x = f(min(a))", "x = f(max(a))"),
        ("x = any(a)", "x = all(a)"),
        ("x = q.filter(a=b).all()", "x = q.all()"),
        ("x = q.filter(a=b).all()", "x = q.exclude(a=b).all()"),
        ("x = q.filter(a=b, c=d)", "x = q.filter(c=d)"),
        ("x = q.filter(a=b, c=d)", "x = q.filter(a=b)"),
        ('x = q.order_by("-a")', 'x = q.order_by("a")'),
        ("x = a - b", "x = a + b"),
        ("x = [a for a in b if a.c]", "x = [a for a in b if True]"),
        ("x = a if b else c", "x = a if False else c"),
        ("x = a is not None", "x = a is None"),
        ("x = (a) not in (b)", "x = (a) in (b)"),
        ("X = {'a', 'b'}", "X = {'a'}"),
        ("X = {'a': b, 'c': d}", "X = {'c': d}"),
    ],
)
def test_this_line_can_become_that_one(line, mutant):
    assert mutant in after(line)


def test_sql_in_strings_is_changed_beside_its_fields_strings_and_comments():
    assert after(QUERY, "boolean") == [
        'LEFT JOIN b ON b.id = a.id WHERE a.n BETWEEN 1 AND 2 OR NOT b.{{gone}}""")',
    ]
    assert after(QUERY, "default removed") == ['return rows(f"""SELECT (a.{people}) FROM a -- AND']


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        ("a WHERE b = 1", "comparison", ["a WHERE b <> 1"]),
        ("UPDATE a SET b = c WHERE d >= e", "comparison", ["UPDATE a SET b = c WHERE d > e"]),
        ("a -> 'b' = c", "comparison", ["a -> 'b' <> c"]),
        ("WHERE a AND b", "boolean", ["WHERE a OR b"]),
        ("WHERE a AND b", "condition removed", ["WHERE TRUE AND b", "WHERE a AND TRUE"]),
        ("WHERE a OR (b AND c)", "condition removed", [
            "WHERE FALSE OR (b AND c)", "WHERE a OR (TRUE AND c)", "WHERE a OR (b AND TRUE)", "WHERE a OR FALSE"]),
        ("CASE WHEN a = b THEN c END", "condition removed", ["CASE WHEN TRUE THEN c END"]),
        ("WHERE a = %s AND b", "condition removed", ["WHERE a = %s AND TRUE"]),
        ("NOT EXISTS (SELECT)", "negation", ["EXISTS (SELECT)"]),
        ("EXISTS (SELECT)", "negation", ["NOT EXISTS (SELECT)"]),
        ("a IS NULL", "negation", ["a IS NOT NULL"]),
        ("a IS NOT NULL", "negation", ["a IS NULL"]),
        ("a IS DISTINCT FROM b", "negation", ["a IS NOT DISTINCT FROM b"]),
        ("a NOT IN (b)", "negation", ["a IN (b)"]),
        ("a uuid NOT NULL", "negation", []),
        ("ORDER BY a DESC NULLS LAST, b", "order", [
            "ORDER BY a ASC NULLS LAST, b", "ORDER BY a DESC NULLS FIRST, b", "ORDER BY a DESC NULLS LAST, b DESC"]),
        ("SELECT DISTINCT ON (a) * ORDER BY a, b", "order", ["SELECT DISTINCT ON (a) * ORDER BY a, b DESC"]),
        ("SELECT min(a)", "function", ["SELECT max(a)"]),
        ("a LEFT JOIN b", "join", ["a JOIN b"]),
        ("coalesce(a, b)", "default removed", ["(a)"]),
        ("a UNION ALL b", "duplicates", ["a UNION b"]),
        ("count(DISTINCT a)", "duplicates", ["count(a)"]),
        ("LIMIT 1", "number", ["LIMIT 0", "LIMIT 2"]),
        ("a varchar(20), b numeric(18, 4)", "number", []),
        ("$$ BEGIN IF a = b THEN $$", "comparison", ["$$ BEGIN IF a <> b THEN $$"]),
    ],
)  # fmt: skip
def test_this_sql_can_become_that(query, kind, expected):
    assert changed(query, kind) == expected


def test_every_part_that_decides_has_files_mutants_and_tests():
    for part in deciding.DECIDING:
        found = [mutant for file in deciding.files_of(part) for mutant in drawing.of_file(file)]
        assert found, part.name
        assert all((deciding.ROOT / tests).exists() for tests in each(part.tests)), part.name


def test_the_mutants_that_change_nothing_are_mutants():
    known = {(one.file, one.before, one.after) for found in drawing.possible().values() for one in found}
    assert each(set(equivalents())) <= known
    assert all(each(equivalents().values()))


def tree(folder, **files):
    """A tree whose deciding files are those of keys."""
    (folder / "profiles" / "identity").mkdir(parents=True)
    for name, text in files.items():
        (folder / "profiles" / "identity" / f"{name}.py").write_text(dedent(text))
    return folder


CHECKS = "\n".join(f"def f{n}(a, b):\n    return a < {n} and b" for n in range(30))


def test_each_file_has_its_share_and_the_draw_knows_no_order(tmp_path):
    root = tree(tmp_path, golden=CHECKS, norm=CHECKS, keys="x = a < b\n")
    found = drawing.possible(root)
    drawn = drawing.draw(found, 21, root=root)
    again = drawing.draw(dict(reversed(found.items())), 21, root=root)
    shares = Counter(Path(one.file).stem for one in drawn)
    assert (drawn == again, len(set(drawn)), shares) == (True, 21, {"golden": 11, "norm": 10})


def test_another_seed_draws_others(tmp_path):
    root = tree(tmp_path, golden=CHECKS)
    found = drawing.possible(root)
    assert drawing.draw(found, 20, root=root) != drawing.draw(found, 20, seed="another", root=root)


def test_lines_above_change_no_draw(tmp_path):
    before, later = tree(tmp_path / "a", golden=CHECKS), tree(tmp_path / "b", golden=f"# A line.\n\n{CHECKS}")
    drawn = [[one.identity for one in drawing.draw(drawing.possible(root), 20, root=root)] for root in (before, later)]
    assert drawn[0] == drawn[1]


def test_every_drawn_mutant_of_a_module_can_be_read():
    drawn = drawing.draw(drawing.possible())
    unreadable = [
        mutant
        for mutant in drawn
        if mutant.file.endswith(".py") and not python.is_sound(mutant.edit.made_in(read(deciding.ROOT / mutant.file)))
    ]
    assert (len(drawn), unreadable) == (drawing.NUMBER, [])
