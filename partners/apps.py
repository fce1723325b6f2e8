from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partners")

    def ready(self):
        from partners.admin import tab
        from partners.inbound import admission, receive
        from profiles.admin import tabs
        from profiles.imports.run import handlers
        from profiles.records.admission import register as ask_before_writing

        ask_before_writing(admission.gate)
        handlers.register("terms", receive.refuse_unless_agreed)
        tabs.register(
            tabs.Panel(
                key="shares",
                title=_("Shares"),
                template="admin/partners/panel.html",
                context=tab.context,
                permission="partners.view_disclosureentry",
                order=60,
            )
        )
