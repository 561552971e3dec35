"""The API in the hands of what strangers wrote: an audit of GraphQL over HTTP, and a fuzzer."""

from __future__ import annotations

import asyncio
import json
import resource
from pathlib import Path

import pytest

from tests.api.test_live_server import Live, live_server
from tests.conformance.conftest import HERE, node
from tests.servers import Servers

pytestmark = pytest.mark.conformance

AUDITS = 61
FUZZED_S = 60
SEED = 20261125
MOST_ADDRESSES = 2 * 1024**3
"""Bytes that the server may map; it takes what it maps in vain for a crash."""
GROWTH = 128 * 1024**2
FUZZER = HERE / ".venv" / "bin" / "schemathesis"


async def test_nothing_of_graphql_over_http_is_failed(servers: Servers, tmp_path: Path) -> None:
    async with live_server(servers, tmp_path) as live:
        output = await said([*node(), str(HERE / "audit.mjs"), f"{live.parent.url}/graphql"])
    audits = json.loads(output)
    assert len(audits) == AUDITS
    assert [audit for audit in audits if audit["status"] != "ok"] == []


async def test_a_fuzzer_meets_no_failure_of_the_server(servers: Servers, tmp_path: Path) -> None:
    if not FUZZER.exists():
        pytest.fail("schemathesis is not installed: run `make conformance`")
    async with live_server(servers, tmp_path, STORYCANVAS_POINTS_AN_HOUR="0") as live:
        resource.prlimit(live.process.pid, resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
        before = live.resident()
        report = tmp_path / "report.har"
        await said(fuzz(live, report), cwd=tmp_path)
        assert live.process.returncode is None
        assert live.resident() - before < GROWTH
    answers = [entry["response"] for entry in json.loads(report.read_text())["log"]["entries"]]
    assert len(answers) > 100  # of a schema that it can't read it makes none
    assert max(answer["status"] for answer in answers) < 500
    assert [answer for answer in answers if "INTERNAL" in answer["content"]["text"]] == []
    assert b"Traceback" not in (tmp_path / "serve.log").read_bytes()


def fuzz(live: Live, report: Path) -> list[str]:
    """Its own verdict is not asked for: it takes every error in an answer for a failure of the server."""
    return [
        str(FUZZER),
        *("run", f"{live.parent.url}/graphql", "--header", f"Authorization: Bearer {live.parent.token}"),
        *("--seed", str(SEED), "--max-time", str(FUZZED_S), "--phases", "fuzzing", "--workers", "2"),
        *("--exclude-name", "Mutation.signOut", "--checks", "missing_required_header"),
        *("--suppress-health-check", "all", "--report-har-path", str(report)),
    ]


async def said(command: list[str], cwd: Path | None = None) -> str:
    """What a program printed; fails the test with it where the program did."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()
