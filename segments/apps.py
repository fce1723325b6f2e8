from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    name = "segments"
    verbose_name = _("Segments")

    def ready(self):
        from partners.sharing import audiences
        from profiles.admin import tabs
        from profiles.changes.after_fold import AFTER_FOLD
        from segments.admin.tab import PANEL
        from segments.membership import compute
        from segments.membership.audience import SegmentsAsAudiences

        AFTER_FOLD.add(compute.follow, order=20)
        audiences.register(SegmentsAsAudiences)
        tabs.register(PANEL)
