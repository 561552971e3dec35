"""The stand-ins at a realistic pace, as a process of their own: `python -m benchmarks.vendors.server PORT`."""

from __future__ import annotations

import sys

import uvicorn

from benchmarks.vendors import material
from benchmarks.vendors.standins import HOST, KEEP_ALIVE_S, REALISTIC, Standins


def main() -> None:
    material.picture()  # made before anybody waits for it
    standins = Standins(REALISTIC)
    uvicorn.run(
        standins.app(),
        host=HOST,
        port=int(sys.argv[1]),
        log_level="error",
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_S,
    )


if __name__ == "__main__":
    main()
