"""Real PostgreSQL and Valkey: started, killed, orphaned, crowded out, and found again with what they had."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from arq.connections import RedisSettings, create_pool

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from api.embedded_server import LOG_LIMIT, EmbeddedServer, package_folder
from api.preflight import CannotStart
from models.database import Database

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

START_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from api.embedded import EmbeddedPostgres, EmbeddedValkey, running

async def main():
    servers = EmbeddedPostgres(Path(sys.argv[1])), EmbeddedValkey(Path(sys.argv[1]))
    async with running(*servers):
        async with servers[0].connected("storycanvas") as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS seen (at timestamptz DEFAULT now())")
            await connection.execute("INSERT INTO seen DEFAULT VALUES")
        print(*(server.pid for server in servers), flush=True)
        if sys.argv[2:]:
            os.kill(servers[0].pid, signal.SIGSTOP)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def postgres(data: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data, durable=False)


@pytest_asyncio.fixture(loop_scope="session", params=[postgres, EmbeddedValkey], ids=["postgres", "valkey"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[EmbeddedServer]:
    made = request.param(tmp_path)
    async with running(made):
        yield made


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder that every account can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def start_elsewhere(data: Path, *arguments: str) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """Servers as children of another process, which waits for its end."""
    parent = subprocess.Popen(
        [sys.executable, "-c", START_AND_DIE, str(data), *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert parent.stdout
    return parent, [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]


async def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )


def kill_parent(parent: subprocess.Popen[str]) -> None:
    parent.kill()
    parent.communicate()


def ended(process: psutil.Process) -> bool:
    """Gone, or a zombie that nobody of this machine's first process has fetched."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def until_ended(processes: list[psutil.Process]) -> None:
    async with asyncio.timeout(10):
        while not all(map(ended, processes)):  # noqa: ASYNC110  the end of somebody else's child sends no event
            await asyncio.sleep(0.02)


async def note(server: EmbeddedServer, word: str) -> None:
    if isinstance(server, EmbeddedPostgres):
        async with server.connected("storycanvas") as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS noted (word text)")
            await connection.execute(f"INSERT INTO noted VALUES ('{word}')")  # noqa: S608  a word of ours
    elif isinstance(server, EmbeddedValkey):
        await server.ask(f"SET noted {word}".encode())


async def noted(server: EmbeddedServer) -> str:
    if isinstance(server, EmbeddedPostgres):
        async with server.connected("storycanvas") as connection:
            return str(await connection.fetchval("SELECT word FROM noted"))
    assert isinstance(server, EmbeddedValkey)
    return str(await server.ask(b"STRLEN noted"))


async def test_what_was_written_survives_a_stop_and_a_kill_at_the_same_address(server: EmbeddedServer) -> None:
    await note(server, "lantern")
    before, url = await noted(server), server.url
    await server.stop()
    await server.start()
    assert (await noted(server), server.url) == (before, url)
    server.kill()
    assert await server.wait() == -signal.SIGKILL
    await server.start()
    assert (await noted(server), server.url) == (before, url)


async def test_a_second_server_on_the_same_data_is_refused_in_one_line(server: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=rf"in use by process {os.getpid()}: stop it, or choose another") as refusal:
        await type(server)(tmp_path).start()
    assert "\n" not in str(refusal.value)
    assert server.pid is not None


async def test_a_server_opens_no_tcp_port_and_nobody_else_can_enter_its_folders(server: EmbeddedServer) -> None:
    assert psutil.Process(server.pid).net_connections("inet") == []
    for folder in (server.sockets, server.home):
        assert folder.stat().st_mode & 0o077 == 0
    assert server.log.stat().st_mode & 0o077 == 0


@as_root
async def test_another_account_of_this_machine_is_not_let_in(open_folder: Path) -> None:
    server = postgres(open_folder)
    psql = package_folder("embedded_postgres") / "pginstall" / "bin" / "psql"
    query = [str(psql), "-h", str(server.sockets), "-U", "storycanvas", "-c", "SELECT 1"]
    async with running(server):
        stranger = await run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *query)
        owner = await run(*query)
    assert owner.returncode == 0, owner.stderr
    assert stranger.returncode != 0
    assert "Permission denied" in stranger.stderr


async def test_servers_die_with_a_parent_that_is_killed_and_start_again_with_its_rows(tmp_path: Path) -> None:
    parent, processes = start_elsewhere(tmp_path)
    assert len(processes) == 2
    kill_parent(parent)
    await until_ended(processes)
    server = EmbeddedPostgres(tmp_path)
    async with running(server), server.connected("storycanvas") as connection:
        assert await connection.fetchval("SELECT count(*) FROM seen") == 1


async def test_an_orphan_that_could_not_die_is_ended_by_the_next_start(tmp_path: Path) -> None:
    parent, (orphan, _) = start_elsewhere(tmp_path, "freeze")
    kill_parent(parent)
    assert not ended(orphan)
    server = EmbeddedPostgres(tmp_path)
    async with running(server), server.connected("storycanvas") as connection:
        assert ended(orphan)
        assert await connection.fetchval("SELECT count(*) FROM seen") == 1


async def test_a_stale_pid_file_that_names_a_living_stranger_does_not_stop_a_start(tmp_path: Path) -> None:
    server = postgres(tmp_path)
    async with running(server):
        pid_file = (server.home / "postmaster.pid").read_text()
        socket_file = (server.sockets / ".s.PGSQL.5432.lock").read_text()
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    (server.home / "postmaster.pid").write_text(f"{stranger.pid}\n" + pid_file.partition("\n")[2])
    server.sockets.mkdir(mode=0o700)
    (server.sockets / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n" + socket_file.partition("\n")[2])
    async with running(server):
        assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()


async def test_an_interrupted_first_start_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    unfinished = tmp_path / "pgdata.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    async with running(postgres(tmp_path)) as _:
        assert not unfinished.exists()


@pytest.mark.parametrize("name", ["long" * 40, "a cat's & a \"dog's\" %20 data"])
async def test_a_path_too_long_for_a_socket_or_strange_in_a_url_works(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    servers = EmbeddedPostgres(data, durable=False), EmbeddedValkey(data)
    async with running(*servers):
        database = Database(servers[0].url)
        await database.ping()
        await database.close()
        pool = await create_pool(RedisSettings.from_dsn(servers[1].url))
        assert await pool.all_job_results() == []
        await pool.aclose()
        assert servers[0].sockets.parent == Path("/tmp")  # noqa: S108  owner and mode are looked at next
        assert servers[0].sockets.stat().st_mode & 0o777 == 0o700
    assert not servers[0].sockets.exists()


async def test_a_socket_folder_that_somebody_else_laid_out_is_refused(tmp_path: Path) -> None:
    server = postgres(tmp_path / ("long" * 40))
    server.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(CannotStart, match="belongs to somebody else"):
            await server.start()
    finally:
        server.sockets.unlink()


async def test_a_server_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    server = postgres(tmp_path)
    async with running(server):
        pass
    (server.home / "PG_VERSION").write_text("9\n")
    with pytest.raises(
        CannotStart, match=r"postgres did not start, ended with exit code 1: .*FATAL.*incompatible"
    ) as refusal:
        await server.start()
    assert "\n" not in str(refusal.value)
    assert server.pid is None


async def test_a_log_that_has_grown_too_long_is_emptied_while_the_server_runs(server: EmbeddedServer) -> None:
    os.truncate(server.log, LOG_LIMIT + 1)
    server.shorten_log()
    assert server.log.stat().st_size == 0


def test_a_missing_wheel_is_one_line_that_names_the_extra() -> None:
    with pytest.raises(CannotStart, match=r"pip install 'storycanvas\[embedded\]'"):
        package_folder("embedded_postgres_of_nobody")


@as_root
async def test_root_serves_the_folder_of_somebody_else_in_their_name_so_that_they_can_go_on(open_folder: Path) -> None:
    data = open_folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, 65534, 65534)
    servers = EmbeddedPostgres(data, durable=False), EmbeddedValkey(data)
    async with running(*servers):
        assert [psutil.Process(server.pid).uids().real for server in servers] == [65534, 65534]
    assert {path.lstat().st_uid for path in data.rglob("*")} == {65534}


@as_root
async def test_root_who_may_not_unshare_runs_it_as_nobody_and_says_so(open_folder: Path) -> None:
    script = START_AND_DIE.replace("await asyncio.Event().wait()", "print(os.stat(servers[0].home).st_uid)")
    outcome = await run(sys.executable, "-c", script, str(open_folder), PATH=str(open_folder))
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.split()[-1] == str(pwd.getpwnam("nobody").pw_uid)
    assert outcome.stderr.startswith("storycanvas: PostgreSQL refuses to run as root")
