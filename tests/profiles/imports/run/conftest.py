import pytest

from profiles.imports.run import runs


@pytest.fixture
def small_blocks(settings, tmp_path, monkeypatch):
    """Blocks of seven rows, and files in a folder of the test's own."""
    settings.KENDT_FILES = tmp_path
    monkeypatch.setattr(runs, "BLOCK_ROWS", 7)
