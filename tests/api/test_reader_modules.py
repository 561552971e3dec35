"""The reader page's own modules: their tests in Node, their questions held against the schema, their addresses."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from tests.machine import find_node

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "api" / "static"
TEXT_FILES = sorted(path for path in STATIC.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"})


def run_node(*arguments: str) -> str:
    completed = subprocess.run(
        [find_node(), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def test_the_modules_pass_their_own_tests() -> None:
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "reader").glob("*.test.mjs"))
    report = run_node("--test", "--test-reporter=tap", *files)
    passed = re.search(r"^# pass (\d+)$", report, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) >= len(files), "Node ran a file without finding a test in it"


def test_every_question_of_the_page_is_one_that_the_schema_answers() -> None:
    module = (STATIC / "js" / "operations.js").as_uri()
    documents = json.loads(run_node("--eval", f"import('{module}').then(all => console.log(JSON.stringify(all)))"))
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    assert len(documents) > 10
    assert {name: validate(schema, parse(document)) for name, document in documents.items()} == {
        name: [] for name in documents
    }


@pytest.mark.parametrize("path", TEXT_FILES, ids=lambda path: path.name)
def test_nothing_is_asked_of_anybody_outside(path: Path) -> None:
    addresses = re.findall(r"""(?:https?:|["'(])//[^\s"')]+""", path.read_text(encoding="utf-8"))
    assert [each for each in addresses if "www.w3.org/2000/svg" not in each] == []


def test_every_file_that_is_referred_to_exists() -> None:
    for path in TEXT_FILES:
        text = path.read_text(encoding="utf-8")
        for own in re.findall(r"/static/[\w./-]+", text):
            assert (STATIC / own.removeprefix("/static/")).is_file(), f"{path.name} refers to {own}"
        for module in re.findall(r'from "(\./[\w./-]+)"', text):
            assert (path.parent / module).is_file(), f"{path.name} imports {module}"


def test_the_page_holds_nothing_that_its_content_security_policy_forbids() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|\son\w+=|<style|javascript:|<script(?![^>]*\ssrc=)", page) == []


def test_every_element_that_the_modules_look_up_is_in_the_page() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    ids = set(re.findall(r'\sid="([\w-]+)"', page))
    for module in sorted((STATIC / "js").glob("*.js")):
        looked_up = set(re.findall(r'byId\("([\w-]+)"\)', module.read_text(encoding="utf-8")))
        assert looked_up <= ids, f"{module.name} looks up {looked_up - ids}"
