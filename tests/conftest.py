"""Real PostgreSQL for every test: the one of DATABASE_URL, else an embedded server of the run's own.

A plain run uses the development server when it answers; CI and `make test` give KENDT_DATA a fresh folder.
What a machine lacks is skipped, and told at the end; in CI a skipped test has failed.
"""

import collections
import os

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

from cdp.operations import database_server

MAY_LACK = "KENDT_TEST_DATA"  # in the reason of tests that need the public data, which no package brings


def pytest_configure(config):
    """Start the embedded server once, in the process that was called; the workers of xdist find it running."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a slow one costs 0.3 s a sign-in
    if not settings.EXTERNAL_DATABASE and not hasattr(config, "workerinput"):
        config.started_server = database_server.start(settings.KENDT_DATA)


def pytest_unconfigure(config):
    if getattr(config, "started_server", False):
        database_server.stop(settings.KENDT_DATA)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and "CI" in os.environ and not hasattr(report, "wasxfail") and MAY_LACK not in reason(report):
        report.outcome, report.longrepr = "failed", f"Nothing may be skipped in CI. {reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter):
    skipped = collections.Counter(map(reason, terminalreporter.getreports("skipped")))
    if skipped:
        terminalreporter.section("not tried on this machine")
    for why, count in skipped.items():
        terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {why}")


def reason(report) -> str:
    """Why a test was skipped, as it said."""
    return report.longrepr[2].removeprefix("Skipped: ")


def pytest_make_parametrize_id(config, val, argname):
    """Bytes are named by their size: packed ones hold the time, and every worker must collect the same names."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Every test database starts as every installation does."""
    from cdp.data.seed import seed

    with django_db_blocker.unblock():
        seed()


@pytest.fixture(autouse=True)
def english():
    """Each test begins in English, whatever language the one before it left."""
    translation.activate("en")


def empty_everything():
    """Empty all tables as their owner: triggers off, truncate, triggers on."""
    from cdp.data.seed import seed

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'vault') "
            "AND tablename NOT LIKE 'django_%' AND tablename NOT LIKE 'auth_%'"
        )
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    seed()


# Django's own flush is a TRUNCATE, which evidence refuses.
TransactionTestCase._fixture_teardown = lambda self: empty_everything()
