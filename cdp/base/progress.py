"""How far a long command is: a bar in a terminal, and elsewhere a line about every ten seconds.

    with Progress("verify") as progress:
        progress.begin("people", total=200_000)
        progress.add(20_000)

Work that counts itself counts into SILENT where nobody looks.
"""

import sys
import threading
import time
from contextlib import AbstractContextManager
from datetime import timedelta

from tqdm import tqdm

SECONDS = 10


class Progress(AbstractContextManager):
    """What is done of the present stage; `begin` starts the next one. Shown only inside `with`."""

    def __init__(self, work: str, *, seconds: float = SECONDS, clock=time.monotonic):
        self.work, self.seconds, self.clock = work, seconds, clock
        self.ended = threading.Event()
        self.shown = False
        self.bar: tqdm | None = None
        self.begin("")

    def begin(self, unit: str, *, total: int = 0, done: int = 0) -> None:
        """The next stage: `total` of `unit`, of which `done` were done before; without a total, one long statement."""
        self.unit, self.total, self.first, self.done, self.began = unit, total, done, done, self.clock()
        self._end_bar()
        if self.shown and sys.stderr.isatty():
            self.bar = tqdm(total=total or None, initial=done, unit=f" {unit}", desc=self.work, leave=False)

    def add(self, count: int = 1) -> None:
        self.reach(self.done + count)

    def reach(self, done: int) -> None:
        if self.bar is not None:
            self.bar.update(done - self.done)
        self.done = done

    def line(self) -> str:
        """Done, rate and time left, as far as they can be known yet."""
        taken = self.clock() - self.began
        rate = (self.done - self.first) / taken if taken else 0
        told = [self.unit]
        if self.total:
            told = [f"{self.done:,} of {self.total:,} {self.unit}", f"{rate:,.{0 if rate >= 10 else 1}f} a second"]
        if self.total and rate:
            told.append(f"about {_clock_face(max(self.total - self.done, 0) / rate)} left")
        return f"{self.work}: {', '.join(told)}, {_clock_face(taken)} so far"

    def __enter__(self) -> "Progress":
        self.shown = True
        if not sys.stderr.isatty():
            threading.Thread(target=self._tell, daemon=True).start()
        return self

    def __exit__(self, *_trouble) -> None:
        self.ended.set()
        self.shown = False
        self._end_bar()

    def _tell(self) -> None:
        """From a thread of its own, since one statement may take minutes."""
        while not self.ended.wait(self.seconds):
            if self.unit:
                print(self.line(), file=sys.stderr, flush=True)

    def _end_bar(self) -> None:
        if self.bar is not None:
            self.bar.close()
        self.bar = None


SILENT = Progress("")


def _clock_face(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
