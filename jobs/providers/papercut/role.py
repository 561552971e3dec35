"""A member of the cast in one picture, and the things that go with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .figure import Act
from .looks import Look
from .props import Draw

FLOOR = 880.0
"""The height at which the front row's feet stand, in canvas units."""


@dataclass(frozen=True, slots=True)
class Thing:
    draw: Draw
    x: float
    y: float
    scale: float
    mirror: bool = False


@dataclass(slots=True)
class Role:
    """One member in this picture. `y` is where its feet are; `behind` and `beside` are drawn before and after it."""

    look: Look
    act: Act
    x: float
    y: float
    scale: float
    mirror: bool
    grounded: bool = True
    behind: list[Thing] = field(default_factory=list[Thing])
    beside: list[Thing] = field(default_factory=list[Thing])
