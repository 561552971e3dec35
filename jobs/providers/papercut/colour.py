"""Colours as red, green and blue from 0 to 255, and the few things that painters do to them."""

from __future__ import annotations

import colorsys

Colour = tuple[int, int, int]

WHITE: Colour = (255, 252, 244)
INK: Colour = (44, 36, 46)
BLUSH: Colour = (240, 128, 118)


def rgb(value: int) -> Colour:
    """`rgb(0xE8793A)` is a fox's orange."""
    return (value >> 16 & 255, value >> 8 & 255, value & 255)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of 0 is all `first`, 1 all `second`."""
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )


def multiply(colour: Colour, light: Colour) -> Colour:
    """The colour as it looks under coloured light."""
    return (colour[0] * light[0] // 255, colour[1] * light[1] // 255, colour[2] * light[2] // 255)


def darker(colour: Colour, share: float) -> Colour:
    """Towards a deep violet rather than black, which keeps shade alive."""
    return mix(colour, (34, 22, 58), share)


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, (255, 248, 232), share)


def luminance(colour: Colour) -> float:
    """0 for black to 1 for white, as the eye weighs it (Rec. 709)."""
    return (0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]) / 255


def saturated(colour: Colour, factor: float, lightness: float = 1.0) -> Colour:
    """The same hue, its saturation and lightness multiplied."""
    hue, light, saturation = colorsys.rgb_to_hls(colour[0] / 255, colour[1] / 255, colour[2] / 255)
    red, green, blue = colorsys.hls_to_rgb(hue, min(1.0, light * lightness), min(1.0, saturation * factor))
    return (round(red * 255), round(green * 255), round(blue * 255))


def distance(first: Colour, second: Colour) -> float:
    """How different two colours look, about 0 to 3: a weighted distance that follows the eye well enough (redmean)."""
    mean = (first[0] + second[0]) / 2
    red, green, blue = (one - other for one, other in zip(first, second, strict=True))
    return (((2 + mean / 256) * red**2 + 4 * green**2 + (2 + (255 - mean) / 256) * blue**2) ** 0.5) / 255


def code(colour: Colour) -> str:
    return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"


NAMED: dict[str, Colour] = {
    name: rgb(value)
    for names, value in {
        "red rouge rojo rot scarlet crimson ruby cherry": 0xD6453D,
        "orange tangerine naranja": 0xE8793A,
        "ginger rust rusty copper amber": 0xD9742E,
        "yellow gelb jaune amarillo lemon sunny": 0xF4C63D,
        "gold golden blonde blond honey": 0xEDB947,
        "green grün vert verde emerald": 0x4F9B57,
        "lime": 0x9CC53B,
        "mint": 0x8FD0B0,
        "olive moss mossy": 0x7F8B3F,
        "teal turquoise": 0x2F9C98,
        "blue blau bleu azul": 0x3F7CC4,
        "navy indigo": 0x2F3F7F,
        "sky-blue cyan aqua": 0x6FBBE0,
        "purple violet lila plum": 0x8456A8,
        "lavender lilac": 0xB49ADB,
        "pink rosa rose": 0xEE8FA8,
        "magenta fuchsia": 0xD24D93,
        "coral peach salmon": 0xF29478,
        "brown braun marron chestnut hazel chocolate": 0x8F5B36,
        "tan caramel sandy": 0xD2A06A,
        "beige": 0xE3CBA1,
        "cream ivory": 0xF6E6C6,
        "white weiß blanc blanco snowy snow-white": 0xF8F4EA,
        "grey gray grau gris ash": 0x979AA3,
        "silver silvery": 0xBCC5D0,
        "black schwarz noir negro": 0x3B3742,
    }.items()
    for name in names.split()
}
