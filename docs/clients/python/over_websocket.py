"""One connection over graphql-transport-ws, by gql[websockets]."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from book import STORY_PROGRESS, Json
from follow import Lost, Subscribe
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed


def over_websocket(url: str) -> Subscribe:
    """What `follow` takes as `subscribe`. `url` is ws: or wss: and ends in /graphql."""

    async def subscribe(authorization: str, variables: Json) -> AsyncGenerator[Json]:
        # A short time-out for closing: a dead line never says goodbye.
        transport = WebsocketsTransport(
            url,
            init_payload={"authorization": authorization},
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            close_timeout=1,
            connect_args={"close_timeout": 1},
        )
        client = AsyncClientSession(Client(transport=transport))
        try:
            await client.connect()
            request = GraphQLRequest(STORY_PROGRESS, variable_values=variables)
            async with aclosing(client.subscribe(request)) as answers:
                async for data in answers:
                    yield data
        except TransportQueryError as refusal:
            raise Lost(errors=cast("list[Json]", refusal.errors or [])) from refusal
        except (TransportError, OSError, TimeoutError) as error:
            raise Lost(_close_code(error)) from error
        finally:
            await client.close()

    return subscribe


def _close_code(error: BaseException | None) -> int | None:
    """gql tells of a closed socket by an error of its own; what closed it is further down the chain of causes."""
    while error is not None:
        if isinstance(error, ConnectionClosed) and error.rcvd is not None:
            return error.rcvd.code
        error = error.__cause__
    return None
