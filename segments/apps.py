from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    name = "segments"
    verbose_name = _("Segments")

    def ready(self):
        from partners.sharing.audiences import PROVIDERS
        from profiles.admin.tabs import TABS
        from profiles.changes.after_fold import AFTER_FOLD
        from segments.admin.tab import PANEL
        from segments.membership import compute
        from segments.membership.audience import SegmentsAsAudiences

        AFTER_FOLD.add(compute.follow, order=20)
        PROVIDERS.add(SegmentsAsAudiences, order=10)
        TABS.add(PANEL, order=50)
