"""The real clients, unmodified: only the host and the key are ours."""

import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from segment.analytics.client import Client

from profiles.models import Event, GoldenValue, Identifier, IngestRequest, Profile, QuarantineItem, SourceIdentity
from tests import builders
from tests.profiles.ingestion.sending import drain, write_key

HERE = Path(__file__).parent
pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (shutil.which("node") and shutil.which("npm")),
        reason="Node and npm are not installed. Debian: apt-get install nodejs npm.",
    ),
]


@pytest.fixture(scope="session")
def node_clients():
    """The Node clients as the lock file says, installed once into a folder that is not kept."""
    lock, marker = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not marker.exists() or marker.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True)


@pytest.fixture
def key() -> str:
    return write_key(builders.source(namespace="user_id"))


def segment_python(url: str, key: str, run: str, **options) -> list:
    """The reference set; what the client reports as lost."""
    errors = []
    client = Client(key, host=url, on_error=lambda error, _items: errors.append(str(error)), max_retries=2, **options)
    told = {"context": {"ip": "192.0.2.10"}}
    client.track(
        anonymous_id="visitor-1",
        event="Product Viewed",
        properties={"product_id": "85123A"},
        message_id=f"{run}-viewed",
        **told,
    )
    client.identify(
        "anna",
        {"email": "anna@example.dk", "firstName": "Anna", "address": {"city": "Århus", "country": "DK"}},
        anonymous_id="visitor-1",
        message_id=f"{run}-identify",
    )
    order = {"order_id": "O-1", "revenue": 299.9, "currency": "DKK", "recipient": "Bo"}
    client.track("anna", "Order Completed", order, message_id=f"{run}-order")
    client.page("anna", "Shop", "Forside", {"url": "https://shop.example/å"}, message_id=f"{run}-page")
    client.screen("anna", "App", "Kurv", message_id=f"{run}-screen")
    client.group("anna", "org-7", {"name": "Åkesson & Sønner AB"}, message_id=f"{run}-group")
    client.alias("visitor-0", "anna", message_id=f"{run}-alias")
    client.shutdown()
    return errors


def node(script: str, url: str, key: str, run: str) -> list:
    told = {"KENDT_URL": url, "KENDT_KEY": key, "KENDT_RUN": run}
    done = subprocess.run(
        ["node", script], cwd=HERE, env=os.environ | told, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def timeline() -> list[tuple[str, str]]:
    """Everything on the timeline of the only profile."""
    (profile,) = Profile.objects.all()
    return sorted(profile.events.values_list("name__type", "name__name"))


EVERYTHING = [
    ("alias", "alias"),
    ("group", "group"),
    ("identify", "identify"),
    ("page", "Forside"),
    ("screen", "Kurv"),
    ("track", "Order Completed"),
    ("track", "Product Viewed"),
]


def assert_anna_is_known():
    assert dict(GoldenValue.objects.exclude(text=None).values_list("attribute__code", "text")) == {
        "city": "Århus",
        "country": "DK",
    }
    assert set(Identifier.objects.values_list("namespace__code", flat=True)) == {"user_id", "device", "email"}
    order = Event.objects.get(name__name="Order Completed")
    assert (order.order_id, order.amount, order.currency) == ("O-1", Decimal("299.9"), "DKK")
    assert order.sealed is not None
    assert "recipient" not in (order.properties or {})


@pytest.mark.parametrize("options", [{}, {"gzip": True}], ids=["plain", "gzip"])
def test_segment_python_is_understood_and_sending_twice_changes_nothing(live_server, key, options):
    for _ in range(2):
        assert segment_python(live_server.url, key, "run", **options) == []
        drain()
        assert timeline() == EVERYTHING

    assert_anna_is_known()
    assert SourceIdentity.objects.count() == 2
    assert not QuarantineItem.objects.exists()


def test_segment_node_is_understood_and_sending_twice_changes_nothing(live_server, key, node_clients):
    for _ in range(2):
        assert node("segment.mjs", live_server.url, key, "run") == []
        drain()
        assert timeline() == EVERYTHING

    assert_anna_is_known()
    assert SourceIdentity.objects.count() == 2
    assert not QuarantineItem.objects.exists()


def test_jitsu_is_understood(live_server, key, node_clients):
    assert node("jitsu.mjs", live_server.url, key, "run") == []
    drain()

    assert {("identify", "identify"), ("track", "Order Completed"), ("page", "Forside"), ("group", "group")} == set(
        timeline()
    )
    assert IngestRequest.objects.count() == 4
    assert not QuarantineItem.objects.exists()


def test_a_refused_key_ends_the_retries_of_every_client(live_server, key, node_clients):
    """What no retry can cure is said in a way that no client retries."""
    wrong = "cdp" + "x" * 22

    assert segment_python(live_server.url, wrong, "run")
    assert node("segment.mjs", live_server.url, wrong, "run") != []
    assert not IngestRequest.objects.exists()
