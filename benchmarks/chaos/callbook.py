"""The vendors' own account of their calls: one line for each, written before anything is done for it.

It is a file that every worker process appends to, so that a killed one cannot take back what it has begun.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Noted:
    """A call as its vendor saw it. `subject` is the story's id, or its tale where the vendor is told no id.

    `key` is the step's, `pid` the worker process's, `at` in seconds since the epoch.
    """

    subject: str
    key: str
    pid: int
    at: float

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]


class CallBook:
    """`path` is shared by all processes; a line is written in one piece."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def note(self, subject: str, key: str) -> None:
        call = Noted(subject, key, os.getpid(), time.time())
        os.write(self._file, orjson.dumps(asdict(call), option=orjson.OPT_APPEND_NEWLINE))

    def read(self, begin: int = 0) -> tuple[list[Noted], int]:
        """The calls from `begin` on, in bytes, and where they end."""
        raw = self._path.read_bytes()[begin:]
        whole = raw[: raw.rfind(b"\n") + 1]
        return [Noted(**orjson.loads(line)) for line in whole.splitlines()], begin + len(whole)

    def close(self) -> None:
        os.close(self._file)
