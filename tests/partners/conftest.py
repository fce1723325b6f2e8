"""Files of these tests lie in a folder of their own."""

import pytest


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.KENDT_FILES = tmp_path


@pytest.fixture
def as_(client):
    """The client, signed in as somebody."""

    def sign_in(who):
        client.force_login(who)
        return client

    return sign_in
