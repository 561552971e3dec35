"""OpenAI's own API document, to hold requests and stream frames against. It lies outside of the project."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

NAME = "shared/specs/openai-openapi.json"


@cache
def _registry() -> Registry[Any] | None:
    file = next((up / NAME for up in Path(__file__).parents if (up / NAME).is_file()), None)
    if file is None:
        return None
    # Some of the document's unions say oneOf where two members fit the same value.
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8").replace('"oneOf":', '"anyOf":'))
    return Registry[Any]().with_resource("openai", Resource(document, DRAFT202012))


def hold_against(schema: str, instance: object) -> None:
    """Fails the test where `instance` is none of `schema`; skips it where the document is not there."""
    registry = _registry()
    if registry is None:
        pytest.skip(f"no folder above has {NAME}: OpenAI's document is not part of the project")
    reference = {"$ref": f"openai#/components/schemas/{schema}"}
    Draft202012Validator(reference, registry=registry).validate(instance)  # pyright: ignore[reportUnknownMemberType]  # jsonschema types no instances
