"""Jobs of segments: they carry ids only; what a person cares about stands in the run or the activation."""

import logging

from django.contrib.auth import get_user_model
from procrastinate.contrib.django import app

from cdp.base.errors import Refused
from segments.activation import activations
from segments.membership import compute
from segments.models import Activation, Segment

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="segments.refresh_due", queueing_lock="segments.refresh_due")
def refresh_due(timestamp: int) -> None:
    """Compute every segment whose time has come."""
    for segment in compute.due():
        refresh(str(segment.pk))


@app.task(name="segments.refresh")
def refresh(segment_id: str, by_id: str | None = None) -> None:
    """Compute one segment; where that is refused, somebody else was quicker or it is out of use."""
    segment = Segment.objects.get(pk=segment_id)
    try:
        compute.refresh(segment, by=_user(by_id))
    except Refused as refusal:
        log.info("segment %s was not computed: %s", segment.key, refusal.code)


@app.task(name="segments.run_activation")
def run_activation(activation_id: str, by_id: str | None = None) -> None:
    """Write the files of one approved activation. What went wrong stands in its row."""
    try:
        activations.run(Activation.objects.get(pk=activation_id), by=_user(by_id))
    except Refused as refusal:
        log.info("activation %s was not run: %s", activation_id, refusal.code)


@app.periodic(cron="* * * * *")
@app.task(name="segments.take_up_activations", queueing_lock="segments.take_up_activations", pass_context=False)
def take_up_activations(timestamp: int) -> None:
    """Every minute: an approved activation whose job was lost is written after all."""
    for one in activations.left_behind():
        run_activation(str(one.pk), by_id=str(one.approved_by_id or one.requested_by_id or "") or None)


@app.periodic(cron="27 3 * * *")
@app.task(name="segments.purge", queueing_lock="segments.purge", pass_context=False)
def purge(timestamp: int) -> None:
    """Every night: files that no activation knows go."""
    activations.purge()


def _user(key: str | None):
    return get_user_model().objects.filter(pk=key).first() if key else None
