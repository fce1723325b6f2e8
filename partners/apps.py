from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partners")

    def ready(self):
        from partners import inbound, intake
        from profiles.facts import gates
        from profiles.imports import handlers

        gates.register(intake.gate)
        handlers.register("terms", inbound.refuse_unless_agreed)
