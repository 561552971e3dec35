"""`serve` without a door: nothing is measured, paid for, counted or timed. Never for more than a comparison."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

import api.app
import api.server
from api.admission import Admission, Admitted
from api.operation import Operation
from api.server import config_of, serve
from models.settings import Settings
from schema.context import Context
from schema.limits import MANY, Limits


class NoAdmission(Admission):
    """Reads a document once, as the other does, and lets it in."""

    async def admit(self, operation: Operation, context: Context, address: str) -> Admitted:
        documents = self._documents
        prepared = documents.known(operation.query or "", operation.name)
        return Admitted(prepared or await documents.read(operation.query or "", operation.name), None)


def plain(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    config = config_of(app, settings)
    config.http = "httptools"
    return config


def main() -> None:
    api.app.Admission = NoAdmission
    api.server.config_of = plain
    Limits.__init__.__defaults__ = tuple(MANY for _ in Limits.__init__.__defaults__ or ())
    serve(Settings())


if __name__ == "__main__":
    main()
