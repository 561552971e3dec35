"""A stand-in of Stripe over real HTTP: what it answers is Stripe's own fixtures with our numbers put in, and what it is
asked has to fit the SDK's own types, made strict."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
import stripe
import uvicorn
from pydantic import ConfigDict, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from stripe import _request_options, params  # pyright: ignore[reportPrivateImportUsage]  # what every type of a request is based on
from stripe.params import billing_portal, checkout
from typing_extensions import is_typeddict

from api.preflight import listening

SECRET = "whsec_of_the_tests"
PRICES = {"price_plus": "plus", "price_family": "family", "price_100": "pack_100", "price_300": "pack_300"}
NAME = "shared/specs/stripe-fixtures.json"

_ASKED: list[tuple[str, str, Any]] = [
    ("POST", r"/v1/customers", params.CustomerCreateParams),
    ("GET", r"/v1/customers/[^/]+", params.CustomerRetrieveParams),
    ("POST", r"/v1/checkout/sessions", checkout.SessionCreateParams),
    ("GET", r"/v1/checkout/sessions", checkout.SessionListParams),
    ("POST", r"/v1/checkout/sessions/[^/]+/expire", checkout.SessionExpireParams),
    ("GET", r"/v1/checkout/sessions/[^/]+", checkout.SessionRetrieveParams),
    ("POST", r"/v1/billing_portal/sessions", billing_portal.SessionCreateParams),
    ("GET", r"/v1/invoices", params.InvoiceListParams),
    ("GET", r"/v1/invoices/[^/]+", params.InvoiceRetrieveParams),
    ("GET", r"/v1/invoice_payments", params.InvoicePaymentListParams),
    ("GET", r"/v1/subscriptions/[^/]+", params.SubscriptionRetrieveParams),
    ("DELETE", r"/v1/subscriptions/[^/]+", params.SubscriptionCancelParams),
    ("GET", r"/v1/payment_intents/[^/]+", params.PaymentIntentRetrieveParams),
    ("GET", r"/v1/charges/[^/]+", params.ChargeRetrieveParams),
    ("GET", r"/v1/refunds", params.RefundListParams),
    ("GET", r"/v1/disputes", params.DisputeListParams),
]


@cache
def fixtures() -> dict[str, Any]:
    file = next((up / NAME for up in Path(__file__).parents if (up / NAME).is_file()), None)
    if file is None:
        pytest.skip(f"no folder above has {NAME}: Stripe's fixtures are not part of the project")
    return json.loads(file.read_text(encoding="utf-8"))["resources"]


class _Untyped:
    """Stripe's object of unknown fields, as it comes over the wire."""

    def __class_getitem__(cls, of: object) -> object:
        return dict[str, Any]


@cache
def _strict(shape: Any) -> TypeAdapter[Any]:
    """The SDK's type of a request, which then takes nothing that it does not name."""
    # Two of these the SDK imports for type checkers only, and to the third pydantic knows no way.
    module = import_module(shape.__module__)
    vars(module).update(StripeContext=str, Mapping=Mapping, UntypedStripeObject=_Untyped)
    for each in vars(module).values():
        if is_typeddict(each):
            each.__pydantic_config__ = ConfigDict(extra="forbid")
    adapter: TypeAdapter[Any] = TypeAdapter(shape)
    adapter.rebuild(_types_namespace=vars(module))
    return adapter


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=c`, as Stripe's forms are written, taken apart."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name)
        place: Any = found
        for key, following in zip([first, *rest], [*rest, None], strict=True):
            if following is None:
                place[key] = value
            else:
                place = place.setdefault(key, {})
    return _lists(found)


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    if fields and all(key.isdecimal() for key in fields):
        return [_lists(fields[key]) for key in sorted(fields, key=int)]
    return {key: _lists(inner) for key, inner in fields.items()}


@dataclass
class StripeWorld:
    """Everything at Stripe, by id; `fault` answers in place of everything, `slow_s` lets everything wait."""

    url: str = ""
    things: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list[tuple[str, str, dict[str, Any]]])
    wrong: list[str] = field(default_factory=list[str])
    fault: int | None = None
    slow_s: float = 0.0
    count: int = 0
    answered: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = field(
        default_factory=dict[str, tuple[dict[str, Any], dict[str, Any], int]]
    )

    def put(self, kind: str, id: str, **changes: Any) -> dict[str, Any]:
        """A thing like the fixture of its kind; a thing that is there already is changed."""
        thing = self.things.setdefault(id, {**deepcopy(fixtures()[kind]), "id": id})
        thing.update(changes)
        return thing

    # ------------------------------------------------------------ what happens at Stripe

    def pay_pack(self, session_id: str, amount: int = 600) -> str:
        """A checkout of a pack is paid; gives the charge."""
        self.count += 1
        intent, charge = f"pi_{self.count}", f"ch_{self.count}"
        self._charge(intent, charge, amount)
        self.put(
            "checkout.session",
            session_id,
            status="complete",
            payment_status="paid",
            payment_intent=intent,
            amount_total=amount,
        )
        return charge

    def subscribe(self, customer: str, price: str, ends: int, amount: int = 900) -> tuple[str, str, str]:
        """A subscription that begins with a paid invoice; gives subscription, invoice and charge."""
        self.count += 1
        subscription = f"sub_{self.count}"
        invoice, charge = self.invoice(customer, subscription, [(price, amount)], ends)
        item: dict[str, Any] = {**deepcopy(fixtures()["subscription_item"]), "current_period_end": ends}
        item["price"]["id"] = price
        self.put(
            "subscription",
            subscription,
            customer=customer,
            status="active",
            cancel_at=None,
            cancel_at_period_end=False,
            latest_invoice=invoice,
            items={"object": "list", "data": [item], "has_more": False, "url": "/v1/subscription_items"},
        )
        return subscription, invoice, charge

    def invoice(
        self,
        customer: str,
        subscription: str,
        lines: list[tuple[str, int]],
        ends: int,
        paid: bool = True,
        before: tuple[tuple[str, int, int], ...] = (),
    ) -> tuple[str, str]:
        """An invoice of so many (price, amount) for a month, and (price, amount, end) of those before it; gives invoice
        and charge."""
        self.count += 1
        invoice, intent, charge = f"in_{self.count}", f"pi_{self.count}", f"ch_{self.count}"
        asked = [*before, *((price, amount, ends) for price, amount in lines)]
        amount = sum(each for _, each, _ in asked)
        self._charge(intent, charge, amount)
        payment = {
            **deepcopy(fixtures()["invoice_payment"]),
            "id": f"inpay_{self.count}",
            "invoice": invoice,
            "status": "paid",
            "payment": {"type": "payment_intent", "payment_intent": intent},
        }
        self.put(
            "invoice",
            invoice,
            customer=customer,
            status="paid" if paid else "open",
            amount_paid=amount if paid else 0,
            parent={
                "type": "subscription_details",
                "quote_details": None,
                "subscription_details": {"subscription": subscription, "metadata": {}},
            },
            lines=_listed([self._line(price, each, end) for price, each, end in asked]),
            payments=_listed([payment]),
        )
        return invoice, charge

    def refund(self, charge: str, amount: int) -> None:
        self.put("charge", charge, amount_refunded=amount)

    def dispute(self, charge: str, status: str) -> None:
        amount = self.things[charge]["amount"]
        self.put("charge", charge, disputed=True)
        self.put("dispute", f"dp_{charge}", charge=charge, status=status, amount=amount)

    def event(self, kind: str, id: str, event_id: str | None = None) -> bytes:
        """What Stripe would say of it: never its state now, for events come late."""
        self.count += 1
        noun = "charge" if id.startswith("ch_") else self.things.get(id, {}).get("object", "unknown")
        return json.dumps(
            {
                **deepcopy(fixtures()["event"]),
                "id": event_id or f"evt_{self.count}",
                "type": kind,
                "data": {"object": {"id": id, "object": noun}},
            }
        ).encode()

    @staticmethod
    def signed(body: bytes, secret: str = SECRET, at: int | None = None) -> dict[str, str]:
        header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)  # pyright: ignore[reportUnknownMemberType]  # the SDK types no time
        return {"Stripe-Signature": header}

    def _charge(self, intent: str, charge: str, amount: int) -> None:
        self.put("charge", charge, amount=amount, amount_refunded=0, disputed=False, payment_intent=intent)
        self.put("payment_intent", intent, amount=amount, latest_charge=charge)

    @staticmethod
    def _line(price: str, amount: int, ends: int) -> dict[str, Any]:
        line = {**deepcopy(fixtures()["line_item"]), "id": f"il_{price}", "amount": amount}
        line["period"] = {"start": ends - 86400, "end": ends}
        line["pricing"] = {
            "type": "price_details",
            "price_details": {"price": price, "product": "prod_1"},
            "unit_amount_decimal": None,
        }
        return line

    # ------------------------------------------------------------ its API

    async def answer(self, request: Request) -> Response:
        path, method = request.url.path, request.method
        raw = (await request.body()).decode() if method == "POST" else request.url.query
        asked = nested(parse_qsl(raw, keep_blank_values=True))
        self.calls.append((method, path, asked))
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.fault is not None:
            return JSONResponse({"error": {"type": "api_error", "message": "away"}}, self.fault)
        shape = next((shape for verb, form, shape in _ASKED if verb == method and re.fullmatch(form, path)), None)
        if shape is None:
            self.wrong.append(f"{method} {path}: nobody said that this is asked for")
            return JSONResponse({"error": {"type": "invalid_request_error"}}, 404)
        try:
            _strict(shape).validate_python(asked)
        except ValidationError as error:
            self.wrong.append(f"{method} {path}: {error}")
        if options := asked.keys() & _request_options.RequestOptions.__annotations__.keys():
            self.wrong.append(f"{method} {path}: {options} belong into headers")
        key = request.headers.get("idempotency-key")
        if key is not None and key in self.answered:
            # https://docs.stripe.com/api/idempotent_requests: a failure is repeated too, and other words are refused.
            before, body, status = self.answered[key]
            if before == asked:
                return JSONResponse(body, status)
            return JSONResponse({"error": {"type": "idempotency_error", "message": "other words"}}, 400)
        body, status = self._did(method, path.removeprefix("/v1/"), asked)
        if key is not None:
            self.answered[key] = asked, body, status
        return JSONResponse(body, status)

    def _did(self, method: str, path: str, asked: dict[str, Any]) -> tuple[dict[str, Any], int]:
        match (method, path.split("/")):
            case ("POST", ["customers"]):
                self.count += 1
                return self.put("customer", f"cus_{self.count}", email=asked["email"]), 200
            case ("POST", ["checkout", "sessions"]):
                if self._gone(asked["customer"]):
                    return _missing("customer"), 400
                self.count += 1
                id = f"cs_{self.count}"
                named = ("mode", "customer", "client_reference_id", "success_url", "cancel_url")
                changes = {name: asked[name] for name in named}
                more = {"status": "open", "payment_status": "unpaid", "payment_intent": None, "subscription": None}
                url = f"https://checkout.stripe.com/c/{id}"
                return self.put("checkout.session", id, **changes, **more, url=url), 200
            case ("POST", ["checkout", "sessions", id, "expire"]):
                if id not in self.things:
                    return _missing("id"), 404
                if self.things[id]["status"] != "open":
                    return {"error": {"type": "invalid_request_error", "message": "not open"}}, 400
                return self.put("checkout.session", id, status="expired"), 200
            case ("POST", ["billing_portal", "sessions"]):
                if self._gone(asked["customer"]):
                    return _missing("customer"), 400
                return self.put("billing_portal.session", "bps_1", url="https://billing.stripe.com/p/1"), 200
            case ("DELETE", ["subscriptions", id]):
                return self.put("subscription", id, status="canceled"), 200
            case ("GET", [*_, last]) if last in _LISTS:
                return _listed(self._list(last, asked), f"/v1/{path}"), 200
            case ("GET", [*_, id]) if id in self.things:
                thing = deepcopy(self.things[id])
                if thing["object"] == "payment_intent" and "latest_charge" in asked.get("expand", []):
                    thing["latest_charge"] = self.things[thing["latest_charge"]]
                if thing["object"] == "invoice" and "payments" not in asked.get("expand", []):
                    del thing["payments"]
                return thing, 200
            case _:
                return _missing("id"), 404

    def _gone(self, customer: str) -> bool:
        return self.things.get(customer, {}).get("deleted", customer not in self.things)

    def _list(self, what: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        rows = [thing for thing in self.things.values() if thing.get("object") == _LISTS[what]]
        if what == "invoice_payments":
            rows = [
                row
                for each in self.things.values()
                if each.get("object") == "invoice"
                for row in each["payments"]["data"]
            ]
            wanted = asked["payment"]["payment_intent"]
            return [row for row in rows if row["payment"]["payment_intent"] == wanted]
        for name in ("payment_intent", "charge", "status"):
            if name in asked:
                rows = [row for row in rows if row.get(name) == asked[name]]
        return rows


_LISTS = {
    "sessions": "checkout.session",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "refunds": "refund",
    "disputes": "dispute",
}


def _listed(rows: list[dict[str, Any]], url: str = "/v1/x") -> dict[str, Any]:
    return {"object": "list", "data": rows, "has_more": False, "url": url}


def _missing(param: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": param, "message": "gone"}}


@asynccontextmanager
async def stripe_world() -> AsyncGenerator[StripeWorld]:
    world = StripeWorld()
    app = Starlette(routes=[Route("/{path:path}", world.answer, methods=["GET", "POST", "DELETE"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    taken = listening("127.0.0.1", 0)
    world.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    task = asyncio.create_task(server.serve([taken]))
    try:
        yield world
    finally:
        server.should_exit = True
        await task
        taken.close()
