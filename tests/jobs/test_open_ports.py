"""Opening the vendors: what a process without any key gets, and what it is told when an extra is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.ports import NarrationBrief
from jobs.providers import MissingExtra, open_ports
from models.settings import Settings


def settings(data: Path) -> Settings:
    return Settings.model_validate(
        {"data": data, "offline_pace": 0, "offline_processes": 1, "public_url": "http://books.test"}
    )


async def test_without_any_key_the_offline_set_is_open(tmp_path: Path) -> None:
    async with open_ports(settings(tmp_path), media_secret=b"s" * 32) as ports:
        assert list(ports.writers) == list(ports.painters) == list(ports.narrators) == ["offline"]
        assert ports.media.url("a.mp3").startswith("http://books.test/media/a.mp3?")
        narrator = ports.narrators["offline"]
        voice = (await narrator.voices())[0]
        narration = await narrator.narrate(NarrationBrief(text="Good night.", voice=voice.id, language="en"))
        await ports.media.put("a.mp3", narration.data, narration.content_type)
        assert (tmp_path / "media" / "a.mp3").read_bytes() == narration.data


async def test_media_may_have_another_address(tmp_path: Path) -> None:
    async with open_ports(settings(tmp_path), media_secret=b"s" * 32, base_url="http://127.0.0.1:9") as ports:
        assert ports.media.url("a.mp3").startswith("http://127.0.0.1:9/media/")


@pytest.mark.parametrize(
    ("public_url", "key", "sold_by"),
    [
        ("http://localhost:8000", "a key that costs", "offline"),
        ("http://127.0.0.1:8000", None, "offline"),
        ("https://books.test", None, "offline"),
        ("https://books.test", "a key that costs", None),
        ("http://0.0.0.0:8000", "a key that costs", None),
    ],
)
async def test_strangers_are_not_given_for_nothing_what_costs_something(
    tmp_path: Path, public_url: str, key: str | None, sold_by: str | None
) -> None:
    given = {"data": tmp_path, "public_url": public_url, "openai_api_key": key}
    async with open_ports(Settings.model_validate(given), media_secret=b"s" * 32) as ports:
        assert (None if ports.payments is None else ports.payments.vendor) == sold_by


@pytest.mark.parametrize("module", ["piper", "lameenc", "resvg_py", "numpy", "espeakng_loader"])
async def test_a_missing_extra_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # What Python itself does for a module that can't be imported.
    with pytest.raises(MissingExtra, match=r"pip install 'storycanvas\[offline\]'") as refusal:
        async with open_ports(settings(tmp_path), media_secret=b"s" * 32):
            pass
    assert refusal.value.extra == "offline"
    assert "\n" not in str(refusal.value)


def test_a_process_that_only_serves_loads_no_gpl_program_and_starts_no_child(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, multiprocessing\n"
        "from jobs.providers import open_ports\n"
        "from models.settings import Settings\n"
        "async def main():\n"
        "    async with open_ports(Settings.model_validate({'data': sys.argv[1]}), media_secret=b's' * 32) as ports:\n"
        "        await ports.narrators['offline'].voices()\n"
        "        print(sorted({'piper', 'espeakng_loader', 'onnxruntime', 'lameenc'} & sys.modules.keys()))\n"
        "        print(multiprocessing.active_children())\n"
        "asyncio.run(main())\n"
    )
    result = subprocess.run([sys.executable, "-c", program, tmp_path], check=True, capture_output=True, text=True)
    assert result.stdout.split("\n") == ["[]", "[]", ""]
