"""Fills an empty installation with the demo, through the same doors as real data."""

from datetime import UTC, datetime

from django.db import connection

from cdp import roles
from cdp.demo import answers, company, staff
from cdp.demo.people import enter
from cdp.seed import seed as sow
from segments import membership

SEED = 2026
LEARNS_AFTER = {0, 4, 24}  # blocks


def fill(*, people: int, events: int, seed: int = SEED, progress=lambda count: None) -> dict[str, str]:
    """Make the company, its people and what they did; `progress` is told of each block. {sign-in: password}."""
    now = datetime.now(UTC)
    roles.apply()
    sow()
    passwords = staff.hire()
    sources = company.open_for_business(now)
    company.sign_agreements(now)
    blocks = enter(sources, seed=seed, people=people, events_total=events, now=now)
    for number, settled in enumerate(blocks):
        answers.record(settled, seed=seed, now=now)
        progress(len(settled))
        if number in LEARNS_AFTER:
            _analyze()
    _analyze()
    for segment in company.define_segments():
        membership.refresh(segment, by=staff.one("maja"))
    return passwords


def _analyze() -> None:
    """Tell the planner how large the tables are: it would take them for empty until the server looks by itself."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
