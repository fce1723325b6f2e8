from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentsConfig(AppConfig):
    name = "consents"
    verbose_name = _("Consents")

    def ready(self):
        from consents.admin.person import tab
        from consents.recording import from_files
        from consents.state import on_merge
        from profiles import tabs
        from profiles.changes.signals import folded
        from profiles.imports.run import handlers

        folded.connect(on_merge.follow, dispatch_uid="consents")
        handlers.register("consents", from_files.record)
        handlers.register("constants", from_files.constants)
        tabs.register(tab.PANEL)
