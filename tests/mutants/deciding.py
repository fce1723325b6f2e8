"""The modules that decide, and the folders of the tests that must notice when one of them decides otherwise."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: Of tests/cdp only these: the others start servers and processes, and take minutes.
KEYS = (
    "tests/cdp/access/test_service_keys.py",
    "tests/cdp/access/test_giving_scopes.py",
    "tests/cdp/access/test_permission_matrix.py",
    "tests/cdp/base/test_api_keys.py",
)
GUARDS = ("tests/cdp/base/test_triggers.py", "tests/cdp/operations/test_guards.py")


class Part(NamedTuple):
    """tests: folders, or single files of tests."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]


DECIDING = (
    Part("identity resolution", ("profiles/identity/*.py", "profiles/values/normal_form.py"), ("tests/profiles",)),
    Part("golden values", ("profiles/values/golden.py",), ("tests/profiles",)),
    Part("consent fold", ("consents/state/*.py",), ("tests/consents",)),
    Part("gate", ("consents/permission/*.py", "consents/overrides/*.py"), ("tests/consents",)),
    Part("guards of statements", ("consents/recording/validation.py",), ("tests/consents",)),
    Part("sharing", ("partners/agreements/*.py", "partners/sharing/*.py"), ("tests/partners",)),
    Part("segments", ("segments/language/**/*.py",), ("tests/segments",)),
    Part("write keys", ("profiles/ingestion/http/write_keys.py",), ("tests/profiles",)),
    Part("service keys", ("cdp/access/service_keys.py", "cdp/base/api_keys.py", "cdp/base/api/scopes.py"), KEYS),
    Part("guards of tables", ("cdp/base/database/tables.py", "cdp/base/database/triggers.py", "cdp/sql/*.sql"), GUARDS),
    Part("guards of profiles", ("profiles/sql/*.sql", "profiles/models/tables.py"), ("tests/profiles", *GUARDS)),
    Part("guards of consents", ("consents/sql/*.sql", "consents/models/tables.py"), ("tests/consents", *GUARDS)),
    Part("guards of partners", ("partners/sql/*.sql", "partners/models/tables.py"), ("tests/partners", *GUARDS)),
)


def files_of(part: Part, root: Path = ROOT) -> list[str]:
    """The files of `part`, relative to `root`, in a fixed order."""
    return sorted({str(path.relative_to(root)) for pattern in part.files for path in root.glob(pattern)})


def tests_of(file: str, root: Path = ROOT) -> tuple[str, ...]:
    """The folders whose tests must notice a fault in `file`."""
    return next(part.tests for part in DECIDING if file in files_of(part, root))


def makes_tables(file: str) -> bool:
    """Whether a fault in `file` shows only in a database that is made anew."""
    return file.endswith((".sql", "/tables.py", "/triggers.py"))
