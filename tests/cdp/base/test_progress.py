"""A long command tells how far it is: in lines where nobody sits at a terminal, in a bar where somebody does."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

from cdp.base.progress import SILENT, Progress


class Clock:
    """Stands still until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_line_tells_done_rate_and_time_left():
    clock = Clock()
    progress = Progress("verify", clock=clock)
    progress.begin("people", total=200_000)
    progress.add(15_000)
    progress.add(5_000)
    clock.seconds = 10

    assert progress.line() == "verify: 20,000 of 200,000 people, 2,000 a second, about 0:01:30 left, 0:00:10 so far"


def test_what_was_done_before_does_not_make_it_faster():
    clock = Clock()
    progress = Progress("import_file", clock=clock)
    progress.begin("rows", total=100, done=50)
    progress.reach(60)
    clock.seconds = 10

    assert progress.line() == "import_file: 60 of 100 rows, 1.0 a second, about 0:00:40 left, 0:00:10 so far"


def test_no_time_left_is_guessed_before_anything_is_done():
    progress = Progress("verify", clock=Clock())
    progress.begin("segments", total=4)

    assert progress.line() == "verify: 0 of 4 segments, 0.0 a second, 0:00:00 so far"


def test_one_long_statement_tells_what_it_is_and_for_how_long():
    clock = Clock()
    progress = Progress("db restore", clock=clock)
    progress.begin("indexes and rules")
    clock.seconds = 40

    assert progress.line() == "db restore: indexes and rules, 0:00:40 so far"


def test_a_stage_is_counted_by_itself():
    clock = Clock()
    progress = Progress("rebuild", clock=clock)
    progress.begin("people", total=10)
    progress.add(10)
    clock.seconds = 100
    progress.begin("segments", total=4)
    progress.add()
    clock.seconds = 110

    assert progress.line() == "rebuild: 1 of 4 segments, 0.1 a second, about 0:00:30 left, 0:00:10 so far"


def test_lines_are_written_meanwhile_and_none_afterwards(capsys):
    with Progress("demo", seconds=0.02) as progress:
        progress.begin("people", total=10)
        progress.add(4)
        time.sleep(0.3)
    time.sleep(0.05)
    said = capsys.readouterr().err.splitlines()
    time.sleep(0.1)

    assert len(said) > 2
    assert [
        line for line in said if not re.fullmatch(r"demo: 4 of 10 people, .* a second, about .* so far", line)
    ] == []
    assert capsys.readouterr().err == ""


def test_counting_where_nobody_looks_writes_nothing(capsys):
    SILENT.begin("people", total=10)
    SILENT.add(10)

    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_and_no_lines():
    script = """
import time
from cdp.base.progress import Progress
with Progress("demo", seconds=0.02) as progress:
    progress.begin("people", total=10)
    time.sleep(0.2)
    progress.add(10)
"""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    subprocess.run([sys.executable, "-c", script], stderr=theirs, check=True)
    said = os.read(ours, 10_000).decode() if select.select([ours], [], [], 1)[0] else ""
    os.close(theirs)
    os.close(ours)

    assert "demo: 100%" in said
    assert "so far" not in said
