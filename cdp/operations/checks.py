"""What must hold before real people's data is served: asked by `check`, and at every start in production."""

from django.conf import settings
from django.core.checks import Error, Tags, register, run_checks

from cdp.operations import secrets


@register(Tags.security)
def keys_lie_in_a_safe_place(app_configs, **kwargs):
    """Generated keys must lie outside the project's folder, readable by nobody else."""
    if not settings.PRODUCTION or not secrets.are_generated():
        return []
    faults = []
    if settings.SECRETS.is_relative_to(settings.BASE_DIR):
        faults.append(
            Error(
                "The keys of this installation lie in the project's folder.",
                hint="Set KENDT_DATA to a folder outside it, or give the keys as KENDT_SECRET_KEY, KENDT_INDEX_KEY "
                "and KENDT_KEK_1.",
                id="kendt.E001",
            )
        )
    if any(path.stat().st_mode & 0o077 for path in settings.SECRETS.glob("*")):
        faults.append(
            Error(
                "Others on this machine can read the keys of this installation.",
                hint="Give the files in the secrets folder mode 0600.",
                id="kendt.E002",
            )
        )
    return faults


@register(Tags.database)
def demo_sign_ins_are_gone(app_configs, databases=(), **kwargs):
    """The demo's sign-ins, whose passwords are printed, may not work in production."""
    from cdp.models import User

    if not settings.PRODUCTION or not databases:
        return []
    names = list(User.objects.filter(is_demo=True, is_active=True).values_list("username", flat=True))
    if not names:
        return []
    return [
        Error(
            f"Demo sign-ins are active: {', '.join(names)}.",
            hint="Deactivate them, or start with an empty database.",
            id="kendt.E003",
        )
    ]


def refuse_unsafe_start() -> None:
    """Raise SystemExit with the sentences of every error, in production only."""
    if not settings.PRODUCTION:
        return
    faults = [fault for fault in run_checks(databases=["default"]) if fault.is_serious()]
    if faults:
        raise SystemExit("\n".join(["Kendt does not start:", *map(str, faults)]))
