"""One operation as a client asks for it, over whatever wire, and the ways in which that is no GraphQL request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import orjson

NO_OPERATION = "The document has no such operation, or several; name one with `operationName`."


@dataclass(frozen=True, slots=True)
class Operation:
    query: str
    variables: dict[str, Any] | None
    name: str | None


class TurnedAway(Exception):
    """Nothing is run. `status` is HTTP's; `errors` are as the client is told of them; `headers` go with them."""

    def __init__(
        self,
        status: int,
        errors: list[dict[str, Any]],
        extensions: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(errors[0]["message"])
        self.status = status
        self.errors = errors
        self.extensions = extensions
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        return {"errors": self.errors} | ({"extensions": self.extensions} if self.extensions else {})


class BadRequest(TurnedAway):
    """The request is no GraphQL request; `status` and `message` say why."""

    def __init__(
        self, status: int, message: str, code: str = "BAD_REQUEST", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, [{"message": message, "extensions": {"code": code}}], headers=headers)
        self.message = message


def operation_of(payload: object) -> Operation:
    """The operation of a decoded request or `subscribe` payload. Raises BadRequest."""
    if not isinstance(payload, dict):
        raise BadRequest(400, "The body takes one JSON object with `query`.")
    fields = cast(dict[str, Any], payload)
    query, variables, name = fields.get("query"), fields.get("variables"), fields.get("operationName")
    if not isinstance(query, str):
        raise BadRequest(400, "`query` takes the text of a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "`variables` takes a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "`operationName` takes a name.")
    if fields.get("extensions") is not None and not isinstance(fields["extensions"], dict):
        raise BadRequest(400, "`extensions` takes a JSON object.")
    return Operation(query, cast("dict[str, Any] | None", variables), name)


def decoded(raw: bytes, what: str) -> object:
    """JSON. Raises BadRequest."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate in string" in str(error):
            raise BadRequest(400, "Text takes no lone surrogates (half of a \\u pair).", "BAD_USER_INPUT") from None
        raise BadRequest(400, f"{what} is not JSON.") from None
