"""One operation as a client asks for it, over whatever wire, and the ways in which that is no GraphQL request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import orjson

from api.trusted import HASH, hash_of

NO_OPERATION = "The document has no such operation, or several; name one with `operationName`."


@dataclass(frozen=True, slots=True)
class Operation:
    """`query` is None where the document is asked for by its `hash` alone."""

    query: str | None
    variables: dict[str, Any] | None
    name: str | None
    hash: str | None = None


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
    extensions = fields.get("extensions")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "`variables` takes a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "`operationName` takes a name.")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest(400, "`extensions` takes a JSON object.")
    hash = _hash_of(fields.get("documentId"), cast("dict[str, Any]", extensions or {}).get("persistedQuery"))
    if not isinstance(query, str) and (query is not None or hash is None):
        raise BadRequest(400, "`query` takes the text of a GraphQL document.")
    if query is not None and hash is not None and hash_of(query) != hash:
        raise BadRequest(400, "The hash is another document's: send the SHA-256 of `query`, in hexadecimal.")
    return Operation(query, cast("dict[str, Any] | None", variables), name, hash)


def _hash_of(document_id: object, persisted: object) -> str | None:
    """What a document is asked for by, in either way (see api.trusted)."""
    if document_id is None and persisted is None:
        return None
    hash: object = None
    if isinstance(document_id, str):
        hash = document_id.removeprefix("sha256:")
    elif isinstance(persisted, dict):
        given = cast("dict[str, object]", persisted)
        hash = given.get("sha256Hash") if given.get("version") == 1 else None
    if not isinstance(hash, str) or not HASH.fullmatch(hash):
        raise BadRequest(400, 'A document is asked for by its SHA-256: `documentId` takes "sha256:" and 64 digits.')
    return hash


def decoded(raw: bytes, what: str) -> object:
    """JSON. Raises BadRequest."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate in string" in str(error):
            raise BadRequest(400, "Text takes no lone surrogates (half of a \\u pair).", "BAD_USER_INPUT") from None
        raise BadRequest(400, f"{what} is not JSON.") from None
