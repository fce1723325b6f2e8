from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partners")

    def ready(self):
        from partners import inbound, intake
        from partners.admin import panel
        from profiles import panels
        from profiles.facts import gates
        from profiles.imports import handlers

        gates.register(intake.gate)
        handlers.register("terms", inbound.refuse_unless_agreed)
        panels.register(
            panels.Panel(
                key="shares",
                title=_("Shares"),
                template="admin/partners/panel.html",
                context=panel.context,
                permission="partners.view_disclosureentry",
                order=60,
            )
        )
