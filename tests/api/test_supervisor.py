"""The whole house as one process tree, with small stand-ins for `serve` and `worker`: killed, stopped, refused."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from api.supervisor import BackOff
from tests.commands import clean_environment, one_line, storycanvas

ROOT = Path(__file__).parents[2]

# `serve` answers /readyz once the tables are there; `worker` waits. Both tell when they start and when they end.
STAND_IN = """
import asyncio, os, signal, sys
import asyncpg

name = sys.argv[1]

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    connection = await asyncpg.connect(os.environ["DATABASE_URL"].replace("+asyncpg", ""))
    await connection.fetch("SELECT 1 FROM alembic_version")
    await connection.close()
    writer.write(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n")
    writer.close()

async def main():
    asked_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_end.set)
    if name == "serve":
        await asyncio.start_server(answer, os.environ["STORYCANVAS_HOST"], int(os.environ["STORYCANVAS_PORT"]))
    print(name, "starts", os.getpid(), flush=True)
    await asked_to_end.wait()
    print(name, "ends", flush=True)
    if "deaf" in sys.argv:
        await asyncio.Event().wait()

asyncio.run(main())
"""

UP = """
import asyncio, sys
from pathlib import Path
from api.preflight import CannotStart
from api.up import up
from models.settings import Settings

stand_in, data, *more = sys.argv[1:]
settings = Settings(data=Path(data), port=0)
asyncio.run(up(settings, sample=False, command=lambda name: [sys.executable, stand_in, name, *more]))
"""


class Up:
    """A running `up` and all that it has written so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, *words: str) -> str:
        """The next line with all these words in it."""
        assert self.process.stdout
        async with asyncio.timeout(30):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line.rstrip())
                if all(word in line for word in words):
                    return line
        raise AssertionError(f"it ended without {words}: {self.lines}")

    async def until_up(self) -> None:
        """Until it says so, and the stand-in worker, of which being up says nothing, listens for signals."""
        await self.until("Data")
        await eventually(lambda: listens(self.tree().get("worker")))

    async def end(self) -> list[str]:
        """Waits for its end and returns every line."""
        assert self.process.stdout
        async with asyncio.timeout(30):
            self.lines += (await self.process.stdout.read()).decode().splitlines()
            await self.process.wait()
        return self.lines

    def tree(self) -> dict[str, psutil.Process]:
        """Its children by name."""
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            line = " ".join(child.cmdline())
            # One that is just being started has no command line of its own yet.
            name = next((name for name in ("postgres", "valkey", "serve", "worker") if name in line), None)
            if name is not None:
                found[name] = child
        return found

    def everybody(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@asynccontextmanager
async def running_up(folder: Path, *more: str, **environment: str) -> AsyncGenerator[Up]:
    stand_in = folder / "stand_in.py"
    stand_in.write_text(STAND_IN)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", UP, str(stand_in), str(folder / "data"), *more),
        cwd=ROOT,
        env={**clean_environment(), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Up(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def listens(process: psutil.Process | None) -> bool:
    """Whether it is there and has set a handler of its own for SIGTERM: proc(5), `SigCgt`."""
    if process is None:
        return False
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  processes of others send no event
            await asyncio.sleep(0.02)


def test_it_starts_again_at_once_then_ever_later_up_to_five_seconds_until_it_stays_alive() -> None:
    back_off = BackOff()
    assert [back_off.after(lived_s=0.1) for _ in range(7)] == [0.0, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0]
    assert back_off.after(lived_s=31) == 0.0
    assert back_off.after(lived_s=1) == 0.5


async def test_up_brings_everything_up_and_stops_the_worker_first_and_leaves_nothing(tmp_path: Path) -> None:
    async with running_up(tmp_path) as house:
        await house.until_up()
        everybody = house.everybody()
        assert set(house.tree()) == {"postgres", "valkey", "serve", "worker"}
        began = time.monotonic()
        house.process.send_signal(signal.SIGTERM)
        lines = await house.end()
        assert time.monotonic() - began < 20
    assert house.process.returncode == 0
    assert [line for line in lines if line.endswith("ends")] == ["worker ends", "serve ends"]
    assert all(map(ended, everybody))
    assert not (tmp_path / "data" / "run").exists()


async def test_a_second_start_on_the_same_data_is_ready_within_five_seconds(tmp_path: Path) -> None:
    took_s: list[float] = []
    for _ in range(2):
        began = time.monotonic()
        async with running_up(tmp_path) as house:
            await house.until_up()
            took_s.append(time.monotonic() - began)
            house.process.send_signal(signal.SIGINT)
            await house.end()
    assert took_s[1] < 5


async def test_nothing_outlives_an_up_that_is_killed_and_the_next_one_starts(tmp_path: Path) -> None:
    async with running_up(tmp_path) as house:
        await house.until_up()
        everybody = house.everybody()
        house.process.kill()
        await eventually(lambda: all(map(ended, everybody)))
    async with running_up(tmp_path) as house:
        await house.until_up()


@pytest.mark.parametrize("name", ["serve", "worker", "postgres", "valkey"])
async def test_what_is_killed_comes_back_at_once(tmp_path: Path, name: str) -> None:
    async with running_up(tmp_path) as house:
        await house.until_up()
        before = house.tree()
        before[name].kill()
        await house.until(f"{name}: killed by SIGKILL; starting it again now")
        await eventually(lambda: name in house.tree() and house.tree()[name].pid != before[name].pid)
        after = house.tree()
        assert {other: after[other].pid for other in after if other != name} == {
            other: before[other].pid for other in before if other != name
        }


async def test_a_child_that_does_not_listen_is_killed_within_the_twenty_seconds(tmp_path: Path) -> None:
    async with running_up(tmp_path, "deaf") as house:
        await house.until_up()
        everybody = house.everybody()
        began = time.monotonic()
        house.process.send_signal(signal.SIGINT)
        await house.end()
        assert time.monotonic() - began < 20
    assert house.process.returncode == 0
    assert all(map(ended, everybody))


async def test_a_second_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    async with running_up(tmp_path, "deaf") as house:
        await house.until_up()
        everybody = house.everybody()
        house.process.send_signal(signal.SIGINT)
        await house.until("worker ends")
        began = time.monotonic()
        house.process.send_signal(signal.SIGINT)
        await house.end()
        assert time.monotonic() - began < 3
        await eventually(lambda: all(map(ended, everybody)))


async def test_a_port_in_use_is_one_line_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, output = await storycanvas("up", "--port", str(port), "--data", str(tmp_path / "data"))
    assert code == 1
    assert one_line(output) == (
        f"storycanvas: port {port} is in use: stop what listens there, or choose another with --port or "
        "STORYCANVAS_PORT\n"
    )
    assert not (tmp_path / "data").exists()


async def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, output = await storycanvas("up", "--port", "0", "--data", str(tmp_path / "file" / "data"))
    assert code == 1
    assert "is not writable (Not a directory): choose another with --data" in one_line(output)


async def test_a_second_up_on_the_same_data_is_one_line(tmp_path: Path) -> None:
    async with running_up(tmp_path) as house:
        await house.until_up()
        code, output = await storycanvas("up", "--port", "0", "--data", str(tmp_path / "data"))
        assert code == 1
        assert f"is in use by process {house.process.pid}: stop it" in one_line(output)


@pytest.mark.parametrize("url", ["postgresql://kim:hush@127.0.0.1:9/x", "postgresql://kim:hu:sh@x:hush/x", "hush"])
@pytest.mark.parametrize("arguments", [["up", "--port", "0"], ["migrate"]])
async def test_a_database_that_cannot_be_used_is_one_line_without_the_password(
    tmp_path: Path, arguments: list[str], url: str
) -> None:
    code, output = await storycanvas(*arguments, DATABASE_URL=url, STORYCANVAS_DATA=str(tmp_path))
    assert code == 1
    assert one_line(output).startswith("storycanvas: DATABASE_URL: ")
    assert "hush" not in output


@pytest.mark.parametrize("url", ["redis://:hush@127.0.0.1:9/0", "redis://:hush@x:hush/0", "hush", "unix:///hu.sock"])
async def test_a_redis_that_cannot_be_used_is_one_line_without_the_password(tmp_path: Path, url: str) -> None:
    code, output = await storycanvas("up", "--port", "0", REDIS_URL=url, STORYCANVAS_DATA=str(tmp_path))
    assert code == 1
    assert one_line(output).startswith("storycanvas: REDIS_URL: ")
    assert "hush" not in output


async def test_a_database_that_never_answers_is_given_up_after_five_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/x"
        began = time.monotonic()
        code, output = await storycanvas("up", "--port", "0", "--data", str(tmp_path), DATABASE_URL=url)
    assert (code, time.monotonic() - began < 9) == (1, True)
    assert "no PostgreSQL answered within 5 s" in one_line(output)


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
async def test_a_lone_command_without_servers_says_what_to_do(command: str) -> None:
    code, output = await storycanvas(command)
    assert code == 1
    assert "DATABASE_URL is not set: set it, or use `storycanvas up`" in one_line(output)


async def test_settings_that_are_wrong_are_one_line_each_without_what_was_given() -> None:
    code, output = await storycanvas("serve", STORYCANVAS_PORT="eighty", STORYCANVAS_SECRET="hush")
    assert code == 2
    assert [line.split(": ")[1] for line in output.splitlines()] == ["STORYCANVAS_PORT", "STORYCANVAS_SECRET"]
    assert "hush" not in output


async def test_migrate_goes_up_and_down_on_the_database_it_is_given(database_url: str) -> None:
    assert await storycanvas("migrate", "--down-to", "base", DATABASE_URL=database_url) == (0, "")
    assert await storycanvas("migrate", DATABASE_URL=database_url) == (0, "")
    code, output = await storycanvas("migrate", "--down-to", "nowhere", DATABASE_URL=database_url)
    assert code == 1
    assert one_line(output).startswith("storycanvas: the tables can't be migrated: ")
