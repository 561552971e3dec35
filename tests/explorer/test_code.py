"""The code that the explorer writes runs as it stands, in every language and for every kind of operation."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.explorer.partner import Partner
from tests.harness import Stage
from tests.machine import find_node

NODE_MODULES = Path(__file__).parents[2] / "clients" / "explorer" / "node_modules"
COMMANDS: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "curl": ("code.sh", lambda: ["bash"]),
    "Python": ("code.py", lambda: [sys.executable]),
    "TypeScript": ("code.mts", lambda: [find_node(), "--disable-warning=ExperimentalWarning"]),
}
OPERATIONS = {
    "query": ("List stories", "READY"),
    "mutation": ("Make a character", "Rosa"),
    "subscription": ("Follow it live", "StoryEnded"),
}


@pytest.mark.parametrize("kind", OPERATIONS)
async def test_code_of_every_language_runs(kind: str, partner: Partner, stage: Stage, tmp_path: Path) -> None:
    title, found = OPERATIONS[kind]
    story = await stage.parent.make_story()
    assert stage.parent.token is not None
    await partner.arrive(stage.api.url)
    await partner.paste_key(stage.parent.token)
    await expect(partner.button("Forget key")).to_be_visible()
    await partner.open_example(title)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    for language, (name, command) in COMMANDS.items():
        code = await partner.code(language)
        assert stage.parent.token not in code
        path = tmp_path / name
        path.write_text(code)
        printed = await run([*command(), str(path)], stage.parent.token)
        assert found in printed, f"{language}: {printed}"
        assert "rror" not in printed
    assert story["status"] == "READY"


async def run(command: list[str], token: str) -> str:
    """What a program prints, which has to end well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "STORYCANVAS_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        printed, complained = await process.communicate()
    assert process.returncode == 0, (printed + complained).decode()
    return printed.decode()


async def test_words_that_mean_something_to_a_shell_or_a_language_stay_words(
    partner: Partner, stage: Stage, tmp_path: Path
) -> None:
    appearance = 'it\'s "quoted", costs $HOME and `date` \\n, ${x} 🦊\nEND_OF_OPERATION'
    query = """mutation Quoted($input: CreateCharacterInput!) { createCharacter(input: $input) {
        ... on CreateCharacterPayload { character { name appearance } } ... on UserError { message } } }"""
    assert stage.parent.token is not None
    await partner.arrive(stage.api.url)
    await partner.write(query, {"input": {"name": "Quote", "appearance": appearance}})
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    for count, (language, (name, command)) in enumerate(COMMANDS.items(), 1):
        path = tmp_path / name
        path.write_text(await partner.code(language))
        await run([*command(), str(path)], stage.parent.token)
        kept = await stage.parent.ask("{ characters { edges { node { appearance } } } }")
        assert [edge["node"]["appearance"] for edge in kept["characters"]["edges"]] == [appearance] * count
