from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    name = "segments"
    verbose_name = _("Segments")

    def ready(self):
        from partners.sharing import audiences
        from profiles import tabs
        from profiles.changes.signals import folded
        from segments.admin.tab import PANEL
        from segments.membership import compute
        from segments.membership.audience import SegmentsAsAudiences

        folded.connect(lambda sender, **signal: compute.follow(**signal), weak=False, dispatch_uid="segments")
        audiences.register(SegmentsAsAudiences)
        tabs.register(PANEL)
