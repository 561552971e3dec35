"""Opaque ids: `Type:uuid` in base64url, which clients must not take apart."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

import strawberry
from strawberry import field

from models.errors import BadUserInput, NotFound


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    id: strawberry.ID = field(description="Opaque and stable; pass it back as it is.")


def global_id(kind: str, id: object) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{id}".encode()).decode().rstrip("="))


def split(given: str) -> tuple[str, str] | None:
    """The kind and the local id of a well-formed id; None for anything else."""
    if len(given) > 300:
        return None
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    kind, colon, local = raw.partition(":")
    if not colon or not kind or not local or global_id(kind, local) != given.rstrip("="):
        return None
    return kind, local


def row_id(given: str, kind: str) -> UUID | None:
    """The row behind an id of `kind`; None where it is another kind's. Raises BadUserInput where it never was an id."""
    parts = split(given)
    if parts is None:
        raise BadUserInput("This is not an id. Ids come from the API and are passed back as they are.")
    try:
        return UUID(parts[1]) if parts[0] == kind else None
    except ValueError:
        return None


def row_of(given: str, kind: str) -> UUID:
    """For a verb's input: anything that is not an id of `kind` is NotFound, with the id as it was given."""
    parts = split(given)
    try:
        if parts is not None and parts[0] == kind:
            return UUID(parts[1])
    except ValueError:
        pass
    raise NotFound(given, kind[0].lower() + kind[1:])
