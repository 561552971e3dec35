"""`python -m benchmarks.vendors [book|fifty]`: prints one table, and writes nothing else."""

from __future__ import annotations

from benchmarks.__main__ import tell
from benchmarks.vendors.measures import MEASURES

if __name__ == "__main__":
    tell("benchmarks.vendors", "Books at real vendors' pace.", MEASURES)
