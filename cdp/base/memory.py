"""Python's cycle collector, kept quiet while a block of rows is made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """No search for cycles inside. Rows come in thousands and hold none, and looking again and again through all that
    lives takes more than half of the time that making them takes. Inside must end soon: garbage of cycles waits."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
