"""Going to the checkout, and to the portal where a subscription is changed."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import field, mutation

from resolvers import shop
from resolvers.shop import Purchase
from schema.context import Info
from schema.errors import Conflict, InvalidInput, Unavailable, refusing
from schema.inputs import KEY, ONE
from schema.permissions import signed_in


@strawberry.input(description="What to buy: a plan or a pack.")
class StartCheckoutInput:
    success_url: str = field(description="Where the browser goes once it is paid: this site, or an origin it allows.")
    cancel_url: str = field(description="Where the browser goes otherwise; as `successUrl`.")
    plan_key: str | None = field(default=None, description="The key of a plan that costs something.")
    pack_key: str | None = field(default=None, description="The key of a pack.")
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="Where the portal leads back to.")
class OpenBillingPortalInput:
    return_url: str = field(description="This site, or an origin that it allows.")


@strawberry.type(description="The checkout is open.")
class StartCheckoutPayload:
    url: str = field(description="Send the browser there; it holds for a day. Nothing is paid before somebody pays.")


@strawberry.type(description="The portal is open.")
class OpenBillingPortalPayload:
    url: str = field(description="Send the browser there, at once.")


StartCheckoutResult = Annotated[
    StartCheckoutPayload | InvalidInput | Conflict | Unavailable,
    strawberry.union("StartCheckoutResult", description="What startCheckout answers."),
]
OpenBillingPortalResult = Annotated[
    OpenBillingPortalPayload | InvalidInput | Conflict | Unavailable,
    strawberry.union("OpenBillingPortalResult", description="What openBillingPortal answers."),
]


@strawberry.type
class MoneyVerbs:
    """What is done about money; a part of Mutation."""

    @mutation(
        description="Opens a hosted checkout for a plan or a pack. Credits come once it is paid there.",
        extensions=signed_in(),
    )
    @refusing
    async def start_checkout(self, info: Info, input: Annotated[StartCheckoutInput, ONE]) -> StartCheckoutResult | None:
        purchase = Purchase(input.plan_key, input.pack_key, input.success_url, input.cancel_url)
        url = await shop.start_checkout(info.context.house, info.context.caller, purchase, input.idempotency_key)
        return StartCheckoutPayload(url=url)

    @mutation(
        description="Opens the hosted page where a subscription is changed or ended, and invoices lie.",
        extensions=signed_in(),
    )
    @refusing
    async def open_billing_portal(
        self, info: Info, input: Annotated[OpenBillingPortalInput, ONE]
    ) -> OpenBillingPortalResult | None:
        url = await shop.open_portal(info.context.house, info.context.caller, input.return_url)
        return OpenBillingPortalPayload(url=url)
