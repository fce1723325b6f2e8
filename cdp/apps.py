from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CdpConfig(AppConfig):
    default = True
    name = "cdp"
    verbose_name = _("System")

    def ready(self):
        from cdp import checks  # noqa: F401 (importing registers them)
        from cdp.accounts import watch
        from cdp.service_keys import names
        from consents import recorders

        recorders.register(names)
        watch.connect()
        post_migrate.connect(_apply_roles, sender=self.apps.get_app_config("segments"))


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin, with the site of this house as the one that `@admin.register` means."""

    default = False
    default_site = "cdp.site.HouseSite"


def _apply_roles(**kwargs):
    """After the last app has its tables, so that every permission exists."""
    from cdp import roles

    roles.apply()
