"""Where somebody asks from, as far as limits for those who are nobody yet go."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from starlette.requests import HTTPConnection


def address_of(connection: HTTPConnection) -> str:
    """The client's address, as the last proxy that is trusted has it (see STORYCANVAS_TRUSTED_PROXIES).

    Of IPv6 the first 64 bits: whoever has one address there has all the others of its network too.
    """
    return "nowhere" if connection.client is None else _known_by(connection.client.host[:64])


@lru_cache(4096)
def _known_by(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "nowhere"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
