from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    name = "segments"
    verbose_name = _("Segments")

    def ready(self):
        from partners import audiences
        from profiles import panels
        from profiles.signals import folded
        from segments import membership
        from segments.audience import SegmentsAsAudiences
        from segments.panel import PANEL

        folded.connect(lambda sender, **signal: membership.follow(**signal), weak=False, dispatch_uid="segments")
        audiences.register(SegmentsAsAudiences)
        panels.register(PANEL)
