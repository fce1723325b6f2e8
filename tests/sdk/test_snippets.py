"""What the page of a source gives to be copied works as it stands."""

import shutil
import subprocess
import sys

import pytest
from django.template.loader import render_to_string

from profiles.admin.sources import SNIPPETS
from profiles.models import Event
from tests.profiles.ingestion.sending import drain
from tests.sdk.test_clients import HERE, key, node_clients  # noqa: F401 (fixtures)

RUN = {"Python": [sys.executable, "-"], "Node.js": ["node", "--input-type=module", "-"], "curl": ["bash", "-s"]}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not all(map(shutil.which, ("node", "npm", "curl"))),
        reason="Node, npm or curl are not installed. Debian: apt-get install nodejs npm curl.",
    ),
]


@pytest.mark.parametrize(("client", "template"), SNIPPETS)
def test_a_snippet_sends_its_order_as_it_is_copied(client, template, live_server, key, node_clients):  # noqa: F811
    code = render_to_string(template, {"address": live_server.url, "key": key})

    subprocess.run(RUN[client], input=code, text=True, cwd=HERE, check=True, timeout=60)

    drain()
    tracked = Event.objects.filter(name__type="track")
    assert list(tracked.values_list("name__name", "order_id")) == [("Order Completed", "A-17")]
