"""Files at rest: sealed, readable at any place, not alterable unseen, and there only once they are whole."""

import io

import pytest

from profiles.models import AccessEntry
from profiles.vault import sealed_files
from profiles.vault.sealed_files import PIECE, Altered, FileLost, Folder

FILES = Folder("some/files")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.KENDT_FILES = tmp_path
    return tmp_path / "some" / "files"


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_kept_file_is_read_back_whole(size):
    content = bytes(number % 251 for number in range(1_000)) * (size // 1_000 + 1)
    kept = FILES.keep([content[: size // 3], content[size // 3 : size]])

    with FILES.opened(kept.name) as file:
        assert file.read() == content[:size]
    assert kept.size == size


def test_a_kept_file_is_read_at_any_place():
    content = b"".join(b"%07d" % number for number in range(400_000))
    kept = FILES.keep([content])

    with FILES.opened(kept.name) as file:
        for place in (0, PIECE - 3, 2 * PIECE - 1, len(content) - 5, 10):
            file.seek(place)
            assert file.read(9) == content[place : place + 9]
        assert file.seek(0, io.SEEK_END) == len(content)
        assert file.read() == b""


def test_nothing_of_a_kept_file_can_be_read_on_disk(own_folder):
    kept = FILES.keep([b"anna.planted@example.dk\n" * 1_000])
    (path,) = own_folder.iterdir()

    assert b"planted" not in path.read_bytes()
    assert path.name == kept.name
    modes = [one.stat().st_mode & 0o777 for one in (path, own_folder, own_folder.parent)]
    assert modes == [0o600, 0o700, 0o700]


def _altered(content: bytes) -> list[bytes]:
    sealed = PIECE + sealed_files.SEALING
    return [
        content[:100] + bytes([content[100] ^ 1]) + content[101:],
        content[:sealed],  # the last piece is cut off
        content[sealed : 2 * sealed] + content[:sealed] + content[2 * sealed :],
    ]


@pytest.mark.parametrize("way", range(3))
def test_a_kept_file_that_was_altered_is_refused(own_folder, way):
    kept = FILES.keep([b"x" * (2 * PIECE + 5)])
    path = own_folder / kept.name
    path.write_bytes(_altered(path.read_bytes())[way])

    with pytest.raises(Altered), FILES.opened(kept.name) as file:
        file.read()


def test_a_file_put_in_the_place_of_another_is_refused(own_folder):
    one, other = FILES.keep([b"one"]), FILES.keep([b"other"])
    (own_folder / one.name).replace(own_folder / other.name)

    with pytest.raises(Altered), FILES.opened(other.name) as file:
        file.read()


def test_a_file_has_its_name_only_once_it_is_whole_and_where_it_breaks_off_nothing_is_kept(own_folder):
    def broken():
        yield b"x" * 2 * PIECE
        assert [path.name for path in own_folder.iterdir()] == ["people.csv.begun"]
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        FILES.keep(broken(), name="people.csv")

    assert list(own_folder.iterdir()) == []


@pytest.mark.parametrize("name", ["gone", "", "..", "../files", "/etc/passwd"])
def test_what_is_no_name_of_a_stored_file_is_lost(name):
    FILES.keep([b"one"])

    with pytest.raises(FileLost):
        FILES.opened(name)


@pytest.mark.django_db
def test_a_file_that_is_handed_out_stands_in_the_access_log():
    kept = FILES.keep([b"one", b"two"])

    told = {"by": None, "action": "take", "purpose": "a test", "identities": [], "fields": ["email"]}
    assert FILES.handed_out(kept.name, **told) == b"onetwo"

    assert list(AccessEntry.objects.values_list("action", "purpose", "fields")) == [("take", "a test", ["email"])]
