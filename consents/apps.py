from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentsConfig(AppConfig):
    name = "consents"
    verbose_name = _("Consents")

    def ready(self):
        from consents.admin.person.tab import PANEL
        from consents.recording import from_files
        from consents.state import on_merge
        from profiles.admin.tabs import TABS
        from profiles.changes.after_fold import AFTER_FOLD
        from profiles.imports.run import handlers

        AFTER_FOLD.add(on_merge.follow, order=10)
        handlers.DECISIONS.add(from_files.record, order=10)
        handlers.COMMON_CHOICES.add(from_files.constants, order=10)
        TABS.add(PANEL, order=30)
