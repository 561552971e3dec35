"""What every endpoint of GraphQL shares: the house behind it, who may come in, and how much of anything."""

from __future__ import annotations

from dataclasses import dataclass

from api.admission import Admission
from resolvers.house import House


@dataclass(frozen=True, slots=True)
class Door:
    """Sizes are in bytes. `socket_operations` are those at once, `socket_messages` those in a second, of one socket."""

    house: House
    admission: Admission
    allowed_origins: frozenset[str]
    operation_s: float
    body_bytes: int
    message_bytes: int
    init_s: float
    socket_operations: int
    socket_messages: int
