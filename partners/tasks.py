"""Jobs of partners: they carry nothing; what a person cares about stands in the delivery."""

import logging

from procrastinate.contrib.django import app

from cdp.base.errors import Refused
from partners.models import Delivery, DeliveryState
from partners.transfers import deliveries

log = logging.getLogger(__name__)


@app.task(name="partners.build_delivery", queueing_lock="partners.build_delivery")
def build_approved() -> None:
    """Build every approved delivery. What went wrong stands in its row."""
    for delivery in Delivery.objects.filter(state=DeliveryState.APPROVED).order_by("id"):
        try:
            deliveries.build(delivery)
        except Refused as refusal:
            log.info("delivery %s was not built: %s", delivery.pk, refusal.code)


@app.periodic(cron="* * * * *")
@app.task(name="partners.sweep", queueing_lock="partners.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Every minute: what a killed worker left is built after all."""
    build_approved()


@app.periodic(cron="27 3 * * *")
@app.task(name="partners.purge", queueing_lock="partners.purge", pass_context=False)
def purge(timestamp: int) -> None:
    """Every night: files that no delivery knows go."""
    deliveries.purge()
