"""Stripe's webhooks: what is signed, and which of Stripe's events are about something that we sell.

https://docs.stripe.com/webhooks: the signature is over the raw body and the time, and holds for 300 s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import orjson
from stripe import SignatureVerificationError, WebhookSignature

from jobs.payments import Forged, Heard, Subject, SubjectKind

TOLERANCE_S = 300

_KINDS = {
    "checkout.session.completed": SubjectKind.CHECKOUT,
    "checkout.session.async_payment_succeeded": SubjectKind.CHECKOUT,
    "checkout.session.async_payment_failed": SubjectKind.CHECKOUT,
    "checkout.session.expired": SubjectKind.CHECKOUT,
    "invoice.paid": SubjectKind.INVOICE,
    "invoice.payment_succeeded": SubjectKind.INVOICE,
    "invoice.payment_failed": SubjectKind.INVOICE,
    "invoice.voided": SubjectKind.INVOICE,
    "customer.subscription.created": SubjectKind.SUBSCRIPTION,
    "customer.subscription.updated": SubjectKind.SUBSCRIPTION,
    "customer.subscription.deleted": SubjectKind.SUBSCRIPTION,
    "customer.subscription.paused": SubjectKind.SUBSCRIPTION,
    "customer.subscription.resumed": SubjectKind.SUBSCRIPTION,
    "customer.deleted": SubjectKind.CUSTOMER,
    "charge.refunded": SubjectKind.CHARGE,
    "charge.refund.updated": SubjectKind.CHARGE,
    "refund.created": SubjectKind.CHARGE,
    "refund.updated": SubjectKind.CHARGE,
    "refund.failed": SubjectKind.CHARGE,
    "charge.dispute.created": SubjectKind.CHARGE,
    "charge.dispute.updated": SubjectKind.CHARGE,
    "charge.dispute.closed": SubjectKind.CHARGE,
    "charge.dispute.funds_withdrawn": SubjectKind.CHARGE,
    "charge.dispute.funds_reinstated": SubjectKind.CHARGE,
}
"""The endpoint at Stripe need send no others."""
_LONGEST = 255
_verify = cast(
    "Callable[[bytes, str | None, str, int], bool]",
    WebhookSignature.verify_header,  # pyright: ignore[reportUnknownMemberType]  # the SDK leaves the tolerance untyped
)


def heard(body: bytes, signature: str | None, secret: str) -> Heard:
    """What a webhook says. Raises Forged for anything but a signed event that is not older than TOLERANCE_S."""
    try:
        _verify(body, signature, secret, TOLERANCE_S)
        event: object = orjson.loads(body)
    except (SignatureVerificationError, ValueError, TypeError) as error:
        raise Forged(type(error).__name__) from None
    id, kind = _text(event, "id"), _text(event, "type")
    if id is None or kind is None:
        raise Forged("an event without id or type")
    return Heard(id, kind, _subject(kind, _of(_of(event, "data"), "object")))


def _subject(kind: str, about: object) -> Subject | None:
    subject_kind = _KINDS.get(kind)
    if subject_kind is None:
        return None
    # A refund and a dispute are looked at by the charge that they are of.
    key = "charge" if subject_kind is SubjectKind.CHARGE and _text(about, "object") != "charge" else "id"
    id = _text(about, key)
    return None if id is None else Subject(subject_kind, id)


def _of(value: object, key: str) -> object:
    return cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None


def _text(value: object, key: str) -> str | None:
    found = _of(value, key)
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST and "\0" not in found else None


def signed(body: str, secret: str) -> dict[str, str]:
    """The header with which Stripe would send this body now."""
    return {"Stripe-Signature": _sign(body, secret)}


_sign = cast(
    "Callable[[str, str], str]",
    WebhookSignature.generate_signature_header,  # pyright: ignore[reportUnknownMemberType]  # it leaves the time untyped
)
