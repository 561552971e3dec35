"""Pieces of answers that are kept in memory: of finished stories, by a version that every reader asks for anew.

A story's pages change only in transactions that change its row as well: they take it in hand first (models.leases), or
queue it. So PostgreSQL's own version of the row (`xmin`) is a version of the pages, as long as the story has ended; it
comes with the row, in the statement that every request begins with. What is found under it can't be stale. Nothing has
to be invalidated, and no other process be told.

Redis was measured for the same: a GET of it costs this process more than a statement of `models.readers` does.
"""

from __future__ import annotations

from collections import OrderedDict

OVERHEAD = 400
"""Bytes that a piece takes beside its own."""


class Kept:
    """At most `most` bytes; what was used longest ago goes first. With 0 nothing is kept."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held = 0
        self._pieces: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pieces)

    def get(self, name: tuple[object, ...]) -> bytes | None:
        piece = self._pieces.get(name)
        if piece is not None:
            self._pieces.move_to_end(name)
        return piece

    def put(self, name: tuple[object, ...], piece: bytes) -> None:
        before = self._pieces.pop(name, None)
        self._held += len(piece) + OVERHEAD - (0 if before is None else len(before) + OVERHEAD)
        self._pieces[name] = piece
        while self._held > self.most:
            _, oldest = self._pieces.popitem(last=False)
            self._held -= len(oldest) + OVERHEAD
