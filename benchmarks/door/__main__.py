"""`python -m benchmarks.door [cost|attacks|sign-ins]`: prints one table, and writes nothing else."""

from __future__ import annotations

from benchmarks.__main__ import tell
from benchmarks.door.measures import MEASURES

if __name__ == "__main__":
    tell("benchmarks.door", "What the door costs and spares.", MEASURES)
