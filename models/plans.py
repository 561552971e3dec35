"""Plans and packs of credits, as plans.toml lists them. Money is integer minor units; credits are integers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

_NO_DECIMALS = frozenset("bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf".split())
_THREE_DECIMALS = frozenset("bhd iqd jod kwd lyd omr tnd".split())
"""Of currencies whose minor unit is not a hundredth, by ISO 4217's list one."""

FREE = "free"
"""The plan of whoever pays nothing."""


class Plan(BaseModel):
    """`monthly_credits` are granted once for every month that is paid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern="^[a-z0-9_]{1,40}$")
    name: str
    description: str
    monthly_credits: int = Field(ge=0)
    price_minor: int = Field(ge=0)


class Pack(BaseModel):
    """Credits that are bought once and never end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern="^[a-z0-9_]{1,40}$")
    name: str
    description: str
    credits: int = Field(gt=0)
    price_minor: int = Field(gt=0)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(pattern="^[a-z]{3}$")
    plans: tuple[Plan, ...]
    packs: tuple[Pack, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """`plans` and `packs` by key, in the file's order; no key is used twice. `currency` is ISO 4217, in lower case."""

    currency: str
    plans: dict[str, Plan]
    packs: dict[str, Pack]

    @property
    def for_sale(self) -> tuple[str, ...]:
        """The keys of everything that has a price."""
        return tuple(key for key, plan in self.plans.items() if plan.price_minor) + tuple(self.packs)

    def shown(self, price_minor: int) -> str:
        """A price as people read it."""
        decimals = 0 if self.currency in _NO_DECIMALS else 3 if self.currency in _THREE_DECIMALS else 2
        return f"{Decimal(price_minor).scaleb(-decimals):.{decimals}f} {self.currency.upper()}"


def _load() -> Catalog:
    read = _File.model_validate(tomllib.loads(files("models").joinpath("plans.toml").read_text(encoding="utf-8")))
    plans = {plan.key: plan for plan in read.plans}
    packs = {pack.key: pack for pack in read.packs}
    if len({*plans, *packs}) != len(read.plans) + len(read.packs) or FREE not in plans:
        raise ValueError("plans.toml uses a key twice, or has no free plan")
    return Catalog(read.currency, plans, packs)


CATALOG = _load()
