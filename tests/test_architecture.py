"""The house stands as DESIGN says: import contracts that can fail, everything described, every setting documented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
)

from models.settings import Settings
from schema.root import core_schema, schema

ROOT = Path(__file__).parent.parent

VIOLATIONS = {
    "1": ("models/accounts.py", "import jobs.ports"),
    "2": ("jobs/work.py", "import jobs.driver"),
    "3": ("schema/queries.py", "import jobs.providers"),
    "4": ("resolvers/pages.py", "import starlette"),
    "5": ("jobs/steps/plan.py", "import boto3"),
    "6": ("jobs/steps/plan.py", "import jobs.steps.write"),
    "7": ("resolvers/pages.py", "import models.settings"),
    "8": ("schema/stories.py", "import jobs.queue"),
    "9": ("jobs/driver.py", "import sqlalchemy"),
    "10": ("resolvers/creation.py", "import openfeature"),
}


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_is_caught(contract: str, tmp_path: Path) -> None:
    place, line = VIOLATIONS[contract]
    for floor in ("api", "schema", "resolvers", "jobs", "models"):
        for source in (ROOT / floor).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    victim = tmp_path / place
    victim.write_text(victim.read_text().replace("from __future__ import annotations\n", "", 1) + f"\n{line}\n")
    lint = Path(sys.executable).parent / "lint-imports"
    outcome = subprocess.run([lint, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert outcome.returncode != 0
    # A contract's name may be broken over two lines; its verdict is the first one after it.
    verdict = re.search(rf"^{contract} [^0-9].*?(KEPT|BROKEN)", outcome.stdout, re.MULTILINE | re.DOTALL)
    assert verdict is not None
    assert verdict.group(1) == "BROKEN"


def test_every_element_of_the_schema_is_described() -> None:
    nameless: list[str] = []
    for name, kind in core_schema(schema).type_map.items():
        if is_introspection_type(kind) or name in ("ID", "Int", "String", "Boolean", "Float"):
            continue
        if not kind.description:
            nameless.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                nameless += [] if field.description else [f"{name}.{field_name}"]
                nameless += [
                    f"{name}.{field_name}({arg})" for arg, given in field.args.items() if not given.description
                ]
        elif isinstance(kind, GraphQLInputObjectType):
            nameless += [f"{name}.{field_name}" for field_name, field in kind.fields.items() if not field.description]
        elif isinstance(kind, GraphQLEnumType):
            nameless += [f"{name}.{value}" for value, given in kind.values.items() if not given.description]
    assert nameless == []


def test_every_setting_stands_in_the_example_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    documented = dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z0-9_]+=", line))
    expected: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        variable = alias if isinstance(alias, str) else str(getattr(alias, "choices", [name])[0])
        expected[variable] = "" if field.default is None else str(field.default).removesuffix(".0")
    assert {name: value.strip().removesuffix(".0") for name, value in documented.items()} == expected
