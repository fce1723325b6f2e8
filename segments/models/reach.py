"""How many members may be reached: counted now and then, so that a page need not ask the decision for everybody."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consents.models import Channel
from segments.models.segments import Segment


class Reach(models.Model):
    """Members of a segment against those who may be reached for one purpose on one channel, at the last count.

    A projection: counted again by each run, each activation, and on demand.
    """

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.CASCADE, related_name="reaches", verbose_name=_("segment"))
    purpose = models.ForeignKey("consents.Purpose", models.PROTECT, related_name="+", verbose_name=_("purpose"))
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    members = models.PositiveIntegerField(_("members"))
    reachable = models.PositiveIntegerField(_("reachable"))
    left_out = models.JSONField(_("left out, by reason"), default=dict)
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("reach")
        verbose_name_plural = _("reach")
        ordering = ["segment", "purpose", "channel"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "purpose", "channel"], name="segments_reach_one_per_question")
        ]
