"""Which vendor and model will be used for what, and why: a pure function of the settings.

What is configured is used, and the offline vendors are always there, last. Writers and painters go by the model's id,
narrators by the vendor's name, since voices are the vendor's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from jobs.ports import OFFLINE, NotUsable
from jobs.providers.catalog import Kind, Model, default_model, named_model
from models.plans import CATALOG
from models.settings import Settings

_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "elevenlabs": "ELEVENLABS_API_KEY"}
_VENDORS = {
    Kind.WRITER: ("openai", "anthropic"),
    Kind.PAINTER: ("openai",),
    Kind.NARRATOR: ("elevenlabs", "openai"),
    Kind.MODERATOR: ("openai",),
    Kind.PICTURE_JUDGE: ("openai",),
}
"""Whose models are taken where none is named, in this order."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One entry of what will be used. `model` is None for the offline vendor; `why` is for an operator."""

    kind: Kind
    name: str
    vendor: str
    model: Model | None
    why: str


def choose(settings: Settings, today: date) -> list[Chosen]:
    """Everything that will be open, per kind in order of preference; the first of a kind is the default.

    Raises NotUsable for a named model that is unknown, unavailable, retired, or whose vendor has no key.
    """
    chosen: list[Chosen] = []
    for kind, named in (
        (Kind.WRITER, settings.writers),
        (Kind.PAINTER, settings.painters),
        (Kind.NARRATOR, settings.narrators),
        (Kind.MODERATOR, ""),
        (Kind.PICTURE_JUDGE, ""),
    ):
        chosen += _of_kind(settings, kind, [id.strip() for id in named.split(",") if id.strip()], today)
    return chosen


@dataclass(frozen=True, slots=True)
class ChosenMedia:
    """Where media are kept: a bucket, or a local folder where that is None; with `cdn` their URLs begin."""

    bucket: str | None
    cdn: str | None
    why: str


def choose_media(settings: Settings) -> ChosenMedia:
    """Raises NotUsable for a bucket whose URLs nobody could sign, and for a CDN that would ask for no signature."""
    bucket, cdn = settings.s3_bucket, settings.cdn_base_url
    if bucket is None:
        if cdn is not None:
            raise NotUsable("CDN_BASE_URL needs S3_BUCKET: what it stands before")
        return ChosenMedia(None, None, "S3_BUCKET is not set")
    if (settings.aws_access_key_id is None) != (settings.aws_secret_access_key is None):
        raise NotUsable("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: one of them is not set")
    if cdn is not None and settings.cdn_secret is None:
        raise NotUsable("CDN_BASE_URL needs CDN_SECRET: without it anybody could read every child's book")
    if cdn is None and settings.aws_access_key_id is None:
        # A role's credentials pass, and URLs signed with them sooner than we promise.
        raise NotUsable("S3_BUCKET needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or CDN_BASE_URL")
    return ChosenMedia(bucket, cdn, "S3_BUCKET is set")


@dataclass(frozen=True, slots=True)
class ChosenPayments:
    """Who takes the money: Stripe, where `prices` says what each of its price ids is of, or the offline checkout.

    Nobody where it is `closed`, since credits that cost nothing would be spent on what costs its operator something.
    """

    prices: dict[str, str] | None
    why: str
    closed: bool = False


def choose_payments(settings: Settings) -> ChosenPayments:
    """`prices` is in the setting's order: new checkouts take the first of an item.

    Raises NotUsable where Stripe's key is there, and something that it can't be used without is not.
    """
    if settings.stripe_secret_key is None:
        paid_for = [name for vendor, name in _KEYS.items() if _has_key(settings, vendor)]
        if paid_for and not is_loopback(urlsplit(settings.base_url).hostname or ""):
            why = (
                f"others reach us, {paid_for[0]} is set, and STRIPE_SECRET_KEY is not: credits would be had for nothing"
            )
            return ChosenPayments(None, why, closed=True)
        return ChosenPayments(None, "STRIPE_SECRET_KEY is not set")
    if settings.stripe_webhook_secret is None:
        raise NotUsable("STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET: anybody could say that something was paid")
    pairs = [pair.strip().partition("=") for pair in settings.stripe_prices.split(",") if pair.strip()]
    prices = {price.strip(): item.strip() for item, _, price in pairs}
    unknown = {item for item in prices.values() if item not in CATALOG.for_sale}
    missing = [item for item in CATALOG.for_sale if item not in prices.values()]
    if unknown or missing or "" in prices or len(prices) != len(pairs):
        raise NotUsable(
            f"STRIPE_PRICES takes a price of Stripe's for each of {', '.join(CATALOG.for_sale)}, as key=price"
        )
    return ChosenPayments(prices, "STRIPE_SECRET_KEY is set")


def is_loopback(host: str) -> bool:
    """Whether a host name means the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _of_kind(settings: Settings, kind: Kind, named: Sequence[str], today: date) -> list[Chosen]:
    found: list[Chosen] = []
    gone: list[str] = []
    if named:
        found = [_named(settings, kind, id, today) for id in named if id != OFFLINE]
    else:
        for vendor in _VENDORS[kind]:
            if not _has_key(settings, vendor):
                continue
            try:
                model = default_model(vendor, kind, today)
            except NotUsable as error:  # nobody named it, so the others are taken
                gone.append(str(error))
                continue
            found.append(_chosen(model, f"{_KEYS[vendor]} is set, and this is the catalog's default"))
    alone = "; ".join(gone) or f"no key for a {kind.value} is set"
    offline = Chosen(kind, OFFLINE, OFFLINE, None, "always there" if found else alone)
    place = named.index(OFFLINE) if OFFLINE in named else len(found)
    found.insert(place, offline)
    return found


def _named(settings: Settings, kind: Kind, id: str, today: date) -> Chosen:
    model = named_model(id, kind, today)
    if not _has_key(settings, model.vendor):
        raise NotUsable(f"{id} needs {_KEYS[model.vendor]}, which is not set")
    return _chosen(model, f"named in STORYCANVAS_{kind.value.upper()}S")


def _chosen(model: Model, why: str) -> Chosen:
    name = model.vendor if model.kind is Kind.NARRATOR else model.id
    return Chosen(model.kind, name, model.vendor, model, why)


def _has_key(settings: Settings, vendor: str) -> bool:
    keys = {
        "openai": settings.openai_api_key,
        "anthropic": settings.anthropic_api_key,
        "elevenlabs": settings.elevenlabs_api_key,
    }
    return keys.get(vendor) is not None
