"""`python -m benchmarks.vendors [book|fifty]`: prints one table, and writes nothing else.

A goal that is missed is told; only a wrong result, a book that is not whole, ends in an error.
"""

from __future__ import annotations

from benchmarks.__main__ import tell
from benchmarks.vendors.measures import MEASURES

if __name__ == "__main__":
    tell("benchmarks.vendors", "Books at real vendors' pace.", MEASURES)
