"""`storycanvas serve` without one of its guards: `python -m benchmarks.chaos.server GUARD`."""

from __future__ import annotations

import sys

from api.server import serve
from benchmarks.chaos.sabotage import Guard, break_server
from models.settings import Settings


def main(guard: str) -> None:
    break_server(Guard(guard))
    serve(Settings())  # pyright: ignore[reportCallIssue]  every field has a default, given by position


if __name__ == "__main__":
    main(sys.argv[1])
