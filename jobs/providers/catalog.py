"""The catalog of models: whose they are, what they cost and when they retire. The data is catalog.toml."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from jobs.ports import NotUsable, Usage

WARNED_AHEAD = timedelta(days=60)


class Kind(StrEnum):
    """What a model is asked for."""

    WRITER = "writer"
    PAINTER = "painter"
    NARRATOR = "narrator"
    MODERATOR = "moderator"
    PICTURE_JUDGE = "picture judge"


class Model(BaseModel):
    """One model. `usd_per_million` has the price of a million of each unit that the vendor's answers count.

    `retires_on` is the last day on which the vendor answers. `unavailable` says why nobody can have it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    vendor: str
    kind: Kind
    usd_per_million: Mapping[str, Decimal]
    retires_on: date | None = None
    unavailable: str | None = None

    def usage(self, **units: int) -> Usage:
        """What was consumed, with its price in millionths of a dollar, rounded up. Units without a price are free."""
        cost = sum((self.usd_per_million.get(unit, Decimal(0)) * count for unit, count in units.items()), Decimal(0))
        return Usage({unit: count for unit, count in units.items() if count}, math.ceil(cost))

    def retired(self, today: date) -> bool:
        return self.retires_on is not None and self.retires_on <= today

    def retires_soon(self, today: date) -> bool:
        return self.retires_on is not None and today < self.retires_on <= today + WARNED_AHEAD


class _File(BaseModel):
    concurrency: dict[str, int]
    models: tuple[Model, ...]


@cache
def _file() -> _File:
    text = (files("jobs.providers") / "catalog.toml").read_text(encoding="utf-8")
    return _File.model_validate(tomllib.loads(text, parse_float=Decimal))


def every_model() -> tuple[Model, ...]:
    """Every model, in the file's order."""
    return _file().models


def concurrency() -> dict[str, int]:
    """The most calls at once, over all workers, by vendor. Verdicts of a vendor count by themselves."""
    return _file().concurrency


def default_model(vendor: str, kind: Kind, today: date) -> Model:
    """The first model of a vendor and kind that has not retired. Raises NotUsable where there is none."""
    for model in every_model():
        if model.vendor == vendor and model.kind is kind and model.unavailable is None and not model.retired(today):
            return model
    raise NotUsable(f"the catalog has no {kind.value} of {vendor} that is still there")


def named_model(id: str, kind: Kind, today: date) -> Model:
    """The model of that name. Raises NotUsable for one that is unknown, unavailable or retired."""
    found = next((model for model in every_model() if model.id == id and model.kind is kind), None)
    if found is None:
        known = ", ".join(
            model.id
            for model in every_model()
            if model.kind is kind and model.unavailable is None and not model.retired(today)
        )
        raise NotUsable(f"there is no {kind.value} {id!r} in the catalog; it knows {known}")
    if found.unavailable is not None:
        raise NotUsable(f"{id} can't be used: {found.unavailable}")
    if found.retired(today):
        raise NotUsable(f"{id} retired on {found.retires_on}: name another {kind.value}, or none for the default")
    return found
