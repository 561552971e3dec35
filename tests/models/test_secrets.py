"""The installation's secret, on a real folder."""

import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from models.secrets import SecretUnusable, derive, load_secret


def test_a_configured_secret_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert load_secret(SecretStr("s" * 32), tmp_path) == b"s" * 32
    assert list(tmp_path.iterdir()) == []


def test_without_one_it_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    data = tmp_path / "not" / "there"
    secret = load_secret(None, data)
    assert len(secret) == 32
    assert load_secret(None, data) == secret
    assert [path.name for path in data.iterdir()] == ["secret"]
    assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
    assert load_secret(None, tmp_path) != secret


def test_processes_that_race_get_the_same_one(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        for round_number in range(10):
            data = tmp_path / str(round_number)
            assert len(set(pool.map(load_secret, [None] * 8, [data] * 8))) == 1
            assert [path.name for path in data.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", ["", "abcd", "no hexadecimal digits at all, but long enough to be some", "é" * 64])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SecretUnusable, match="secret"):
        load_secret(None, tmp_path)
    assert path.read_text(encoding="utf-8") == content


def test_purposes_have_different_keys() -> None:
    keys = {derive(secret, purpose) for secret in (b"a" * 32, b"b" * 32) for purpose in (b"media", b"tokens")}
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    assert derive(b"a" * 32, b"media") == derive(b"a" * 32, b"media")
