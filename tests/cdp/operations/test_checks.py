"""Production starts only when it is safe."""

import pytest
from django.core.checks import run_checks

from cdp.operations.checks import refuse_unsafe_start
from tests.builders import user


@pytest.fixture
def production(settings, tmp_path):
    """An installation in production with its keys in a folder of its own."""
    settings.PRODUCTION = True
    settings.SECRETS = tmp_path
    key = tmp_path / "secret_key"
    key.write_text("00")
    key.chmod(0o600)
    return settings


def codes():
    return {fault.id for fault in run_checks(databases=["default"]) if fault.id.startswith("kendt")}


@pytest.mark.django_db
def test_a_safe_installation_starts(production):
    assert codes() == set()
    refuse_unsafe_start()


@pytest.mark.django_db
def test_keys_in_the_projects_folder_are_refused(production):
    production.SECRETS = production.BASE_DIR / ".kendt" / "secrets"

    assert codes() == {"kendt.E001"}
    with pytest.raises(SystemExit, match="outside it"):
        refuse_unsafe_start()


@pytest.mark.django_db
def test_keys_that_others_can_read_are_refused(production):
    (production.SECRETS / "secret_key").chmod(0o644)

    assert codes() == {"kendt.E002"}


@pytest.mark.django_db
def test_demo_sign_ins_are_refused_until_deactivated(production):
    demo = user("anna", is_demo=True)
    assert codes() == {"kendt.E003"}

    demo.is_active = False
    demo.save()

    assert codes() == set()
