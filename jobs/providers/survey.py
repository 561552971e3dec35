"""What an operator may ask about vendors: what will be used and why, what is not, and what ends soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from jobs.providers.catalog import Kind, Model, every_model
from jobs.providers.choice import Chosen, ChosenMedia, choose, choose_media
from models.settings import Settings


@dataclass(frozen=True, slots=True)
class Survey:
    """`used` is per kind in order of preference; `beside` is the rest of the catalog, with why it is not used."""

    used: tuple[Chosen, ...]
    media: ChosenMedia
    beside: tuple[tuple[Model, str], ...]

    def ending(self, today: date) -> list[Model]:
        """Models that are used and retire within 60 days."""
        return [each.model for each in self.used if each.model is not None and each.model.retires_soon(today)]


def survey(settings: Settings, today: date) -> Survey:
    """Raises NotUsable for what was asked for by name and can't be had."""
    used: list[Chosen] = []
    for each in choose(settings, today):
        # Writers, painters and narrators are there side by side; what judges is one, and the first of its kind.
        if each.kind not in (Kind.MODERATOR, Kind.PICTURE_JUDGE) or each.kind not in {other.kind for other in used}:
            used.append(each)
    taken = {(each.kind, each.model.id) for each in used if each.model is not None}
    beside = [(model, _why_not(model, used, today)) for model in every_model() if (model.kind, model.id) not in taken]
    return Survey(tuple(used), choose_media(settings), tuple(beside))


def _why_not(model: Model, used: Sequence[Chosen], today: date) -> str:
    if model.unavailable is not None:
        return model.unavailable
    if model.retired(today):
        return f"retired on {model.retires_on}"
    if any(each.vendor == model.vendor for each in used):
        return f"not the default: name it in STORYCANVAS_{model.kind.upper()}S"
    return f"no key of {model.vendor} is set"
