"""The application of one house: its routes, and what is opened and closed with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from api.admission import Admission
from api.door import Door
from api.explorer import explorer_routes
from api.graphql import GraphqlHttp
from api.headers import SecurityHeaders
from api.media import SignedFiles, media_routes
from api.offline_shop import OfflineShop, shop_routes
from api.pages import page_routes
from api.socket import GraphqlSockets
from api.trusted import TrustedDocuments
from api.webhooks import webhooks
from api.wiring import Open
from models.settings import Settings

Leave = Callable[[float], Awaitable[None]]


class Front:
    """Gives operations to their endpoint at once, and all else to the application.

    Nearly every request is one, and finding the way through routes and layers costs as much as a small answer.
    """

    def __init__(self, http: GraphqlHttp, rest: ASGIApp) -> None:
        self._http = http
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql" and scope["method"] == "POST":
            await self._http.respond(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def create_app(opened: Open, settings: Settings) -> tuple[ASGIApp, Leave]:
    """The application, and what lets its followers go, within so many seconds, before the server ends."""
    house = opened.house
    door = _door(opened, settings)
    http = GraphqlHttp(door)
    sockets = GraphqlSockets(door)

    async def graphql(request: Request) -> Response:
        return await http(request)

    async def live(socket: WebSocket) -> None:
        await sockets(socket)

    routes = [
        Route("/graphql", graphql, methods=["GET", "POST", "OPTIONS"]),
        WebSocketRoute("/graphql", live),
        Route("/webhooks/stripe", webhooks(house), methods=["POST"]),
        *page_routes(house.database, opened.redis),
    ]
    if hasattr(house.ports.payments, "pay"):
        routes += shop_routes(cast(OfflineShop, house.ports.payments))
    media_url = None
    if hasattr(house.ports.media, "locate"):
        routes += media_routes(cast(SignedFiles, house.ports.media))
    else:  # a store on other machines serves its own files
        media_url = house.ports.media.url("any.webp")
    routes += explorer_routes(media_url)

    async def leave(within_s: float) -> None:
        http.leave()
        await sockets.leave(within_s)

    return SecurityHeaders(Front(http, Starlette(routes=routes)), media_url), leave


def _door(opened: Open, settings: Settings) -> Door:
    return Door(
        house=opened.house,
        admission=Admission(opened.documents, opened.points, TrustedDocuments(opened.redis), settings.mutation_points),
        allowed_origins=frozenset(each.strip() for each in settings.allowed_origins.split(",") if each.strip()),
        operation_s=settings.operation_s,
        body_bytes=settings.max_body,
        message_bytes=settings.max_message,
        init_s=settings.socket_init_s,
        socket_operations=settings.socket_operations,
        socket_messages=settings.socket_messages,
    )
