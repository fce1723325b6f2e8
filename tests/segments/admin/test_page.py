from datetime import UTC, datetime

from segments.admin.page import difference, trend
from segments.models import Run, RunState


def test_a_difference_shows_what_came_and_what_went():
    told = difference("People whose country is “DK”.", "People whose city is “DK” or <b>.")

    assert told == (
        'People whose <del class="k-removed">country</del> <ins class="k-added">city</ins> is '
        '<del class="k-removed">“DK”.</del> <ins class="k-added">“DK” or &lt;b&gt;.</ins>'
    )


def test_a_trend_has_one_column_for_each_run_that_ended_well():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    runs = [Run(as_of=moment, state=RunState.DONE, members=count) for count in (3, 0, 7)]
    runs.append(Run(as_of=moment, state=RunState.FAILED))

    assert trend(runs).count("<rect") == 3
    assert trend(runs[:1]) == ""
