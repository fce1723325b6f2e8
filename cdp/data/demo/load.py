"""Fills an empty installation with the demo, through the same doors as real data."""

from datetime import UTC, datetime

from cdp.access import roles
from cdp.base.progress import SILENT, Progress
from cdp.data.demo import answers, company, staff
from cdp.data.demo.people import enter
from cdp.data.seed import seed as sow
from profiles.ingestion.events import months
from segments.membership import compute

SEED = 2026
MONTHS = 13  # of what the people did


def fill(*, people: int, events: int, seed: int = SEED, progress: Progress = SILENT) -> dict[str, str]:
    """Make the company, its people and what they did; {sign-in: password}."""
    now = datetime.now(UTC)
    roles.apply()
    sow()
    passwords = staff.hire()
    months.make_around_today(before=MONTHS)
    sources = company.open_for_business(now)
    company.sign_agreements(now)
    blocks = enter(sources, seed=seed, people=people, events_total=events, now=now)
    progress.begin("people", total=people)
    for settled in blocks:
        answers.record(settled, seed=seed, now=now)
        progress.add(len(settled))
    segments = company.define_segments()
    progress.begin("segments", total=len(segments))
    for segment in segments:
        compute.refresh(segment, by=staff.one("maja"))
        progress.add()
    return passwords
