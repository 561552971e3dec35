"""Server-sent events of a vendor's stream, as the JSON that stands in them.

The SDKs build a model of everything in every event. Adapters read one or two fields of it, so they take the bytes of
the open answer and validate only what they use.
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator


async def data_of(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The data of every event, up to OpenAI's `[DONE]`. Lines end with LF or CRLF, which is what vendors send."""
    line, data = bytearray(), list[bytes]()
    async for chunk in chunks:
        first, *others = chunk.split(b"\n")
        line += first
        for following in others:
            whole = bytes(line.removesuffix(b"\r"))
            line[:] = following
            if whole.startswith(b"data:"):
                data.append(whole[5:].removeprefix(b" "))
            elif not whole and data:
                event, data = b"\n".join(data), []
                if event.startswith(b"[DONE]"):
                    return
                yield event
