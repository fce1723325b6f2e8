from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentsConfig(AppConfig):
    name = "consents"
    verbose_name = _("Consents")

    def ready(self):
        from consents.admin.person import tab
        from consents.recording import from_files
        from consents.state import on_merge
        from profiles.admin import tabs
        from profiles.changes.after_fold import AFTER_FOLD
        from profiles.imports.run import handlers

        AFTER_FOLD.add(on_merge.follow, order=10)
        handlers.register("consents", from_files.record)
        handlers.register("constants", from_files.constants)
        tabs.register(tab.PANEL)
