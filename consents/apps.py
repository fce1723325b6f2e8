from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentsConfig(AppConfig):
    name = "consents"
    verbose_name = _("Consents")

    def ready(self):
        from consents import imports, merging, panel
        from profiles import panels
        from profiles.imports import handlers
        from profiles.signals import folded

        folded.connect(merging.follow, dispatch_uid="consents")
        handlers.register("consents", imports.record)
        handlers.register("constants", imports.constants)
        panels.register(panel.PANEL)
