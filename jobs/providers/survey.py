"""What an operator may ask about vendors: what will be used and why, what can't be, and what ends soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs.providers.catalog import Kind, Model, catalog
from jobs.providers.choice import Chosen, ChosenMedia, choose, choose_media
from models.settings import Settings


@dataclass(frozen=True, slots=True)
class Survey:
    """`used` is per kind in order of preference, `gone` what nobody can have, with the reason."""

    used: tuple[Chosen, ...]
    media: ChosenMedia
    gone: tuple[tuple[Model, str], ...]

    def ending(self, today: date) -> list[Model]:
        """Models that are used and retire within 60 days."""
        return [each.model for each in self.used if each.model is not None and each.model.retires_soon(today)]


def survey(settings: Settings, today: date) -> Survey:
    """Raises NotUsable for what was asked for by name and can't be had."""
    gone: list[tuple[Model, str]] = []
    for model in catalog():
        if model.unavailable is not None:
            gone.append((model, model.unavailable))
        elif model.retired(today):
            gone.append((model, f"retired on {model.retires_on}"))
    used: list[Chosen] = []
    for each in choose(settings, today):
        # Writers, painters and narrators are there side by side; what judges is one, and the first of its kind.
        if each.kind not in (Kind.MODERATOR, Kind.PICTURE_JUDGE) or each.kind not in {other.kind for other in used}:
            used.append(each)
    return Survey(tuple(used), choose_media(settings), tuple(gone))
