"""The same server with its limits taken out: `python -m benchmarks.door.without`. To be measured beside, never used.

Documents are still read, judged and kept, as Strawberry does it too; nothing is counted, sized, timed or paid for.
"""

from __future__ import annotations

import uvloop
from graphql import GraphQLError
from uvicorn import Server

import api.app
from api.admission import Admission, Admitted
from api.operation import Operation, TurnedAway
from api.server import config_of
from api.wiring import open_house
from models.logs import configure_logs
from models.settings import Settings
from schema.context import Context
from schema.documents import Documents
from schema.root import shown


class Unlimited(Admission):
    def __init__(self, documents: Documents, *_: object) -> None:
        self._read_before = documents

    async def admit(self, operation: Operation, context: Context, address: str) -> Admitted:
        try:
            prepared = await self._read_before.read(operation.query, operation.name)
        except GraphQLError as error:
            raise TurnedAway(400, [shown(error, context.request_id)]) from None
        if prepared.errors:
            raise TurnedAway(400, [shown(error, context.request_id) for error in prepared.errors])
        return Admitted(prepared, None)


async def main() -> None:
    settings = Settings()  # pyright: ignore[reportCallIssue]  every field has a default, given by position
    configure_logs(settings.log_level)
    api.app.Admission = Unlimited
    async with open_house(settings) as opened:
        app, _ = api.app.create_app(opened, settings)
        config = config_of(app, settings)
        config.http = "httptools"  # uvicorn's own, which counts neither bytes nor seconds
        await Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main())
