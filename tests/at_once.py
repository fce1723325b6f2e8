"""Acts that begin at the same moment, each in a transaction of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from cdp.base.errors import Refused


def at_once(*acts):
    """Run the acts in threads that start together, each with its own connection; give their results."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(run, act) for act in acts]]


def outcomes_at_once(*acts) -> list[str]:
    """How acts that start together end, in order of the words: "done", or the code of the refusal."""

    def outcome(act):
        try:
            act()
        except Refused as refusal:
            return refusal.code
        return "done"

    return sorted(at_once(*[lambda act=act: outcome(act) for act in acts]))
