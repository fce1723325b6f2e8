from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CdpConfig(AppConfig):
    default = True
    name = "cdp"
    verbose_name = _("System")

    def ready(self):
        import cdp.backoffice.admin  # noqa: F401 (importing registers its pages)
        from cdp.access.accounts import session_end
        from cdp.access.service_keys import names
        from cdp.base.database import lists
        from cdp.operations import checks  # noqa: F401 (importing registers them)
        from consents.recording.recorders import SERVICE_NAMES

        lists.register()
        SERVICE_NAMES.add(names, order=10)
        session_end.connect()
        post_migrate.connect(_apply_roles, sender=self.apps.get_app_config("segments"))
        post_migrate.connect(_make_months, sender=self.apps.get_app_config("segments"))
        post_migrate.connect(_notice_restore, sender=self.apps.get_app_config("segments"))


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin, with the site of this house as the one that `@admin.register` means."""

    default = False
    default_site = "cdp.backoffice.site.HouseSite"


def _apply_roles(**kwargs):
    """After the last app has its tables, so that every permission exists."""
    from cdp.access import roles

    roles.apply()


def _make_months(**kwargs):
    """Before the first event of a new installation; later the worker does, every night."""
    from cdp.base.database.sql import value
    from profiles.ingestion.events import months

    if value("SELECT to_regclass('profiles_event') IS NOT NULL"):  # not where migrations went back
        months.make_around_today()


def _notice_restore(**kwargs):
    """A database that was restored by other means than ours, such as pg_restore."""
    from profiles.changes import keeping

    keeping.begin_epoch_if_restored()
