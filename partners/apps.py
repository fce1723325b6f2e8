from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partners")

    def ready(self):
        from partners.admin.tab import PANEL
        from partners.inbound import admission, receive
        from profiles.admin.tabs import TABS
        from profiles.imports.run import handlers
        from profiles.records.admission import BEFORE_WRITING

        BEFORE_WRITING.add(admission.gate, order=10)
        handlers.TERMS.add(receive.refuse_unless_agreed, order=10)
        TABS.add(PANEL, order=60)
