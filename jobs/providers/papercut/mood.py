"""The light of a scene: what time and weather do to every colour in it, which is what keeps a picture in harmony."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.vocabulary import TimeOfDay, Weather

from .chance import Chance
from .colour import Colour, luminance, mix, multiply, rgb, saturated

_SKIES: dict[TimeOfDay, tuple[tuple[int, int, int], ...]] = {
    # top of the sky, foot of the sky, the haze that far hills fade into
    TimeOfDay.DAY: (
        (0x63B3E4, 0xE2F3EC, 0xBFE0E6),
        (0x7CC3E0, 0xFBF0D4, 0xD3E6D6),
        (0x5DA6DC, 0xD9EDF5, 0xB4D4EA),
    ),
    TimeOfDay.DAWN: (
        (0x8C9FDB, 0xFCD3B6, 0xE9BFC6),
        (0xF2B8B5, 0xFDE9C4, 0xF3CDBE),
        (0x7FB0D3, 0xFBD9C7, 0xD9C4D6),
    ),
    TimeOfDay.DUSK: (
        (0x4E4488, 0xF49A6C, 0xC07A92),
        (0x8A4F86, 0xF9B46E, 0xD8848A),
        (0x3E5089, 0xF0A98E, 0x9E7FA6),
    ),
    TimeOfDay.NIGHT: (
        (0x1B2150, 0x77568F, 0x514A86),
        (0x12203F, 0x3F6C93, 0x35597F),
        (0x231A4A, 0x5A4A94, 0x463F80),
    ),
}
_LIGHTS: dict[TimeOfDay, Colour] = {
    TimeOfDay.DAY: (255, 255, 255),
    TimeOfDay.DAWN: (255, 232, 226),
    TimeOfDay.DUSK: (236, 194, 196),
    TimeOfDay.NIGHT: (138, 146, 200),
}
_GREY = rgb(0x8797A8)
_SNOWY = rgb(0xDCE6EE)


@dataclass(frozen=True, slots=True)
class Mood:
    time: TimeOfDay
    weather: Weather
    top: Colour
    foot: Colour
    haze: Colour
    light: Colour
    thickness: float

    @property
    def night(self) -> bool:
        return self.time is TimeOfDay.NIGHT

    def at(self, depth: float) -> Callable[[Colour], Colour]:
        """What becomes of a colour `depth` away, 0 being close by and 1 the horizon."""
        share = min(0.92, depth * 0.62 + self.thickness * (0.12 + depth * 0.6))

        toned = 0.0 if self.time is TimeOfDay.DAY else 0.12 + 0.6 * depth

        def seen(colour: Colour) -> Colour:
            # Coloured light turns far hues into its own before haze covers them: green and rose would meet as mud.
            lit = mix(multiply(colour, self.light), self._in_own_hue(colour), toned)
            return mix(lit, self.haze, share)

        return seen

    def _in_own_hue(self, colour: Colour) -> Colour:
        bright = 0.42 + 0.8 * luminance(colour)
        return (
            min(255, round(self.haze[0] * bright)),
            min(255, round(self.haze[1] * bright)),
            min(255, round(self.haze[2] * bright)),
        )

    def on_cast(self, colour: Colour) -> Colour:
        """The cast keeps its own colours in any light, so that a child knows it again at night."""
        share = {TimeOfDay.NIGHT: 0.13, TimeOfDay.DUSK: 0.13, TimeOfDay.DAWN: 0.1}.get(self.time, 0.0)
        return mix(colour, multiply(colour, self.light), share)

    def indoors(self, colour: Colour) -> Colour:
        """Lamps are lit at night: rooms are warm, not blue."""
        if self.time is TimeOfDay.NIGHT:
            return mix(multiply(colour, (250, 208, 172)), rgb(0x4A2A58), 0.17)
        return mix(colour, multiply(colour, self.light), 0.5)


def mood_for(time: TimeOfDay, weather: Weather, chance: Chance) -> Mood:
    top, foot, haze = map(rgb, chance.one_of(_SKIES[time]))
    light, thickness = _LIGHTS[time], 0.0
    veil, share = mix(_GREY, multiply(_GREY, light), 0.9), 0.0
    if weather is Weather.RAIN:
        share, thickness, light = 0.52, 0.14, multiply(light, (214, 224, 232))
    elif weather is Weather.CLOUDY:
        share, thickness = 0.26, 0.05
    elif weather is Weather.FOG:
        share, thickness = 0.4, 0.5
    elif weather is Weather.SNOW:
        veil, share, thickness = mix(_SNOWY, multiply(_SNOWY, light), 0.9), 0.46, 0.12
    elif weather is Weather.WIND:
        share, thickness = 0.1, 0.0
    if share:
        top, foot, haze = (mix(saturated(colour, 1 - share * 0.4), veil, share) for colour in (top, foot, haze))
    return Mood(time, weather, top, foot, haze, light, thickness)
