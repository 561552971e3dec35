"""What vendors are told: pure functions from a story's facts to words."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.ports import CastSheet, PlannedPage
from models.styles import ART_STYLES


def portrait_prompt(member: CastSheet, style: str) -> str:
    """One character alone, so that later pictures can be held against it."""
    return (
        f"A character portrait for a children's picture book, {ART_STYLES[style].prompt}. "
        f"{member.name}: {member.appearance}. "
        "The whole figure, facing us, on a plain pale background. No text, no letters, nobody else."
    )


def picture_prompt(page: PlannedPage, cast: Sequence[CastSheet], style: str, instruction: str | None = None) -> str:
    """One page's picture. Every cast member's whole sheet stands in it, the same words on every page."""
    who = " ".join(f"{member.name} is {member.appearance}." for member in cast)
    parts = [
        f"A full-page illustration for a children's picture book, {ART_STYLES[style].prompt}.",
        page.picture,
        f"Place: {page.place}. Time: {page.time_of_day.value}. Weather: {page.weather.value}.",
        f"Seen in it: {who}" if who else "Nobody is seen in it.",
        "Nobody else is in the picture. No text, no letters.",
    ]
    if instruction:
        parts.append(f"Above all: {instruction}")
    return " ".join(parts)


def picture_alt(page: PlannedPage, cast: Sequence[CastSheet], wish: str | None = None) -> str:
    """What the picture shows, for somebody who hears the page instead of seeing it. At most 300 characters."""
    names = ", ".join(member.name for member in cast)
    words = f"{page.beat} {names} — {page.place}, {page.time_of_day.value}." if names else page.beat
    if wish:  # which may contradict the plan
        words = f"{wish.rstrip()} {words}"
    return words if len(words) <= 300 else words[:299].rstrip() + "…"


def softened(prompt: str) -> str:
    """The same wish, said so gently that a vendor's policy has less to stumble over."""
    return f"A gentle, friendly, fully clothed and entirely harmless scene for small children. {prompt}"
