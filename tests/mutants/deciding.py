"""The modules that decide, and the folders of the tests that must notice when one of them decides otherwise."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: Of tests/cdp only these: the others start servers and processes, and take minutes.
KEYS = ("tests/cdp/test_keys.py", "tests/cdp/test_giving_scopes.py", "tests/cdp/test_permission_matrix.py")


class Part(NamedTuple):
    """tests: folders, or single files of tests."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]


DECIDING = (
    Part("identity resolution", ("profiles/resolution/*.py", "profiles/norm.py"), ("tests/profiles",)),
    Part("golden values", ("profiles/golden.py",), ("tests/profiles",)),
    Part("consent fold", ("consents/fold.py", "consents/merging.py"), ("tests/consents",)),
    Part(
        "gate",
        ("consents/gate.py", "consents/decision.py", "consents/rules.py", "consents/layers.py", "consents/yielding.py"),
        ("tests/consents",),
    ),
    Part("guards", ("consents/guards.py",), ("tests/consents",)),
    Part(
        "rules in the tables of profiles",
        ("profiles/migrations/*_rules.py", "profiles/sql/*.sql"),
        ("tests/profiles",),
    ),
    Part(
        "rules in the tables of consents",
        ("consents/migrations/*_rules.py", "consents/sql/*.sql"),
        ("tests/consents",),
    ),
    Part(
        "rules in the tables of partners",
        ("partners/migrations/*_rules.py", "partners/sql/*.sql"),
        ("tests/partners",),
    ),
    Part(
        "sharing",
        (
            "partners/sharing.py",
            "partners/terms.py",
            "partners/checklist.py",
            "partners/status.py",
            "partners/signatures.py",
            "partners/pseudonyms.py",
        ),
        ("tests/partners",),
    ),
    Part(
        "segments",
        (
            "segments/compiler.py",
            "segments/language.py",
            "segments/clock.py",
            "segments/nodes/*.py",
            "segments/operators/*.py",
        ),
        ("tests/segments",),
    ),
    Part(
        "rules in the tables of cdp",
        ("cdp/kit/appendonly.py", "cdp/migrations/*_rules.py", "cdp/sql/*.sql"),
        ("tests/kit",),
    ),
    Part("write keys", ("profiles/keys.py",), ("tests/profiles",)),
    Part("service keys and scopes", ("cdp/service_keys.py", "cdp/kit/scopes.py"), KEYS),
)


def files_of(part: Part, root: Path = ROOT) -> list[str]:
    """The files of `part`, relative to `root`, in a fixed order."""
    return sorted({str(path.relative_to(root)) for pattern in part.files for path in root.glob(pattern)})


def tests_of(file: str, root: Path = ROOT) -> tuple[str, ...]:
    """The folders whose tests must notice a fault in `file`."""
    return next(part.tests for part in DECIDING if file in files_of(part, root))


def makes_tables(file: str) -> bool:
    """Whether a fault in `file` shows only in a database that is made anew."""
    return file.endswith(".sql") or "/migrations/" in file or file == "cdp/kit/appendonly.py"
