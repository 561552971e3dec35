"""The explorer's page as it is served: its policy, its caching, and what stands there where it was not built."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api.explorer import BUILT, NONCE, explorer_routes
from tests.machine import find_node, missing

SOURCES = Path(__file__).parents[2] / "clients" / "explorer"
ELSEWHERE = "https://media.example.com/books/any.webp"


def client_of(built: Path, media_url: str | None = None) -> httpx.AsyncClient:
    app = Starlette(routes=explorer_routes(media_url, built))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://explorer")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(f'<meta property="csp-nonce" nonce="{NONCE}"><script nonce="{NONCE}">')
    (tmp_path / "assets" / "index-abc.js").write_text("1")
    return tmp_path


async def test_where_it_was_not_built_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        answer = await client.get("/explorer")
    assert answer.status_code == 404
    assert "make explorer" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_every_answer_has_a_nonce_of_its_own(built: Path) -> None:
    nonces: set[str] = set()
    async with client_of(built) as client:
        for _ in range(2):
            answer = await client.get("/explorer")
            (nonce,) = re.findall(r"style-src-elem 'self' 'nonce-([\w-]+)'", answer.headers["content-security-policy"])
            assert answer.text.count(f'nonce="{nonce}"') == 2
            assert NONCE not in answer.text
            nonces.add(nonce)
    assert len(nonces) == 2


async def test_only_the_media_store_is_allowed_beside_ourselves(built: Path) -> None:
    async with client_of(built, ELSEWHERE) as client:
        policy = (await client.get("/explorer")).headers["content-security-policy"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["worker-src"] == directives["connect-src"] == "'self'"
    assert directives["media-src"] == "'self' https://media.example.com"
    assert directives["img-src"] == "'self' https://media.example.com data:"
    assert {value for value in directives.values() if "unsafe" in value} == {"'unsafe-inline'"}
    assert directives["style-src-attr"] == "'unsafe-inline'"


async def test_hashed_files_are_kept_for_ever_and_the_page_never(built: Path) -> None:
    async with client_of(built) as client:
        assert (await client.get("/explorer")).headers["cache-control"] == "no-cache"
        asset = await client.get("/explorer/assets/index-abc.js")
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (await client.get("/explorer/assets/../index.html")).status_code == 404


def test_the_built_page_names_no_other_host() -> None:
    if not (BUILT / "index.html").exists():
        missing("the explorer is not built: make explorer")
    page = (BUILT / "index.html").read_text()
    assert NONCE in page
    assert "http://" not in page
    assert "https://" not in page
    sheets = "".join(path.read_text() for path in (BUILT / "assets").glob("*.css"))
    assert re.findall(r"url\(['\"]?(?:https?:)?//", sheets) == []
    assert "data:font" not in sheets


def test_the_sources_pass_their_types() -> None:
    compiler = SOURCES / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        missing("the explorer's packages are not installed: make explorer")
    checked = subprocess.run(
        [find_node(), str(compiler), "--noEmit"], cwd=SOURCES, capture_output=True, text=True, timeout=300, check=False
    )
    assert checked.returncode == 0, checked.stdout
