"""The real `storycanvas` command, run to its end in an environment that sets nothing of ours."""

import asyncio
import os
import sys
from pathlib import Path

from pydantic import AliasChoices

from models.settings import Settings

ROOT = Path(__file__).parents[1]


async def storycanvas(*arguments: str, **environment: str) -> tuple[int, str]:
    """Its exit code, and everything that it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", *arguments),
        cwd=ROOT,
        env={**clean_environment(), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, output.decode()


def clean_environment() -> dict[str, str]:
    aliases = [field.validation_alias for field in Settings.model_fields.values()]
    ours = {str(alias.choices[0] if isinstance(alias, AliasChoices) else alias) for alias in aliases}
    return {name: value for name, value in os.environ.items() if name not in ours}


def one_line(output: str) -> str:
    assert len(output.splitlines()) == 1, output
    assert "Traceback" not in output
    return output
