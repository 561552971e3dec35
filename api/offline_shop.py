"""The offline vendor's pages: a checkout where Pay and Decline are pressed, and a portal. Nobody's money moves.

Whoever has a page's address may press its buttons, as with Stripe's: the ids in them can't be guessed.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from models.plans import CATALOG

MAX_FORM = 1000
"""In bytes."""


class Session(Protocol):
    """A checkout: `item` is a key of plans.toml."""

    @property
    def item(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def success_url(self) -> str: ...
    @property
    def cancel_url(self) -> str: ...


class Plan(Protocol):
    """A subscription; `leaving`: it ends with its month."""

    @property
    def item(self) -> str: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def leaving(self) -> bool: ...


class Portal(Protocol):
    @property
    def return_url(self) -> str: ...


class OfflineShop(Protocol):
    """What jobs.providers.offline_payments does when something is pressed."""

    async def session(self, id: str) -> Session | None: ...
    async def pay(self, id: str) -> str | None: ...
    async def decline(self, id: str) -> str | None: ...
    async def visit(self, id: str) -> tuple[Portal, Plan | None] | None: ...
    async def leave(self, plan: Plan, *, leaving: bool) -> None: ...
    async def move(self, plan: Plan, item: str) -> None: ...
    async def turn_month(self, plan: Plan) -> None: ...


def shop_routes(shop: OfflineShop) -> list[BaseRoute]:
    async def checkout(request: Request) -> Response:
        id: str = request.path_params["id"]
        session = await shop.session(id)
        if session is None:
            return _page("No such checkout", "<p>This checkout is not there.</p>", 404)
        if session.status != "open":
            words = "<p>This checkout is closed: it was paid, or another was begun after it.</p>"
            return _page("Checkout", words + _back(session.cancel_url))
        if request.method == "GET":
            return _page("Checkout", _offer(session), leads_to=(session.success_url, session.cancel_url))
        pressed = await _pressed(request)
        where = await (shop.pay(id) if pressed == "pay" else shop.decline(id))
        return RedirectResponse(_filled(where or session.cancel_url, id), 303, _headers(where or ""))

    async def portal(request: Request) -> Response:
        visit = await shop.visit(request.path_params["id"])
        if visit is None:
            return _page("No such page", "<p>This page is not there any more.</p>", 404)
        place, plan = visit
        if request.method == "POST" and plan is not None:
            await _press(shop, plan, await _pressed(request))
            return RedirectResponse(request.url.path, 303)
        return _page("Your subscription", _subscription(plan, place.return_url), leads_to=(place.return_url,))

    return [
        Route("/offline/checkout/{id}", checkout, methods=["GET", "POST"]),
        Route("/offline/portal/{id}", portal, methods=["GET", "POST"]),
    ]


async def _press(shop: OfflineShop, plan: Plan, pressed: str) -> None:
    match pressed.partition(":"):
        case ("leave", _, _):
            await shop.leave(plan, leaving=True)
        case ("stay", _, _):
            await shop.leave(plan, leaving=False)
        case ("month", _, _):
            await shop.turn_month(plan)
        case ("move", _, item) if item in CATALOG.plans and item in CATALOG.for_sale and item != plan.item:
            await shop.move(plan, item)
        case _:
            pass


async def _pressed(request: Request) -> str:
    """The value of the button that was pressed; nothing of a form that is larger than two buttons."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            return ""
    return parse_qs(body.decode("ascii", "replace")).get("pressed", [""])[0]


def _offer(session: Session) -> str:
    pack, plan = CATALOG.packs.get(session.item), CATALOG.plans.get(session.item)
    if pack is not None:
        name, price, what = pack.name, pack.price_minor, pack.description
    elif plan is not None:
        name, price = f"{plan.name}, every month", plan.price_minor
        what = f"{plan.monthly_credits} credits a month. {plan.description}"
    else:
        return "<p>What this checkout was for is not sold any more.</p>"
    return f"""<p class="item">{escape(name)}</p><p class="amount">{CATALOG.shown(price)}</p><p>{escape(what)}</p>
<div class="choices"><button class="main-button" name="pressed" value="pay">Pay</button>
<button class="quiet-button" name="pressed" value="decline">Decline</button></div>"""


def _subscription(plan: Plan | None, return_url: str) -> str:
    back = _back(return_url)
    if plan is None:
        return f"<p>You subscribe to nothing.</p>{back}"
    day = f"{plan.ends_at:%d %B %Y}"
    others = [each for each in CATALOG.plans.values() if each.price_minor and each.key != plan.item]
    moves = "".join(
        _button(f"move:{each.key}", f"Change to {each.name}, {CATALOG.shown(each.price_minor)}") for each in others
    )
    stays = _button("stay", "Stay after all") if plan.leaving else _button("leave", "End with this month")
    named = CATALOG.plans.get(plan.item)
    return f"""<p class="item">{escape(named.name if named else plan.item)}</p>
<p>{"Ends" if plan.leaving else "Renews"} on {day}.</p>
<div class="choices">{moves}{stays}{_button("month", "Let a month go by")}</div>{back}"""


def _back(url: str) -> str:
    return f'<p><a class="quiet-button" href="{escape(url)}">Back to StoryCanvas</a></p>'


def _button(value: str, words: str) -> str:
    return f'<button class="quiet-button" name="pressed" value="{escape(value)}">{escape(words)}</button>'


def _filled(url: str, id: str) -> str:
    """Stripe puts the session's id where a success URL asks for it."""
    return url.replace("{CHECKOUT_SESSION_ID}", id)


def _page(title: str, inside: str, status: int = 200, leads_to: tuple[str, ...] = ()) -> Response:
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8" /><title>{escape(title)} · StoryCanvas</title>
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<link rel="icon" href="/static/img/book.svg" type="image/svg+xml" />
<link rel="stylesheet" href="/static/css/paper.css" /><link rel="stylesheet" href="/static/css/controls.css" />
<link rel="stylesheet" href="/static/css/shop.css" /></head>
<body><main class="shop"><p class="note">This shop is a rehearsal: nobody’s money moves.</p>
<h1>{escape(title)}</h1><form method="post">{inside}</form></main></body></html>""",
        status,
        _headers(*leads_to),
    )


def _headers(*leads_to: str) -> dict[str, str]:
    """A browser follows a form to where its answer sends it only if the page's policy allows that place too."""
    places = {f"{part.scheme}://{part.netloc}" for part in map(urlsplit, leads_to) if part.netloc}
    allowed = ["'self'", *sorted(places)]
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; "
        f"form-action {' '.join(allowed)}; frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
