"""From clean pixels to something made by hand: what paint, wax, chalk, ink, wood or wool does to a drawing."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from .colour import Colour, rgb
from .texture import grey, mask, roughened
from .tones import PAPERS

Finish = Callable[[Image.Image, Image.Image | None], Image.Image]
"""Takes the colour layer and, where the style has one, the line layer; both RGBA. Gives RGB."""


def _paper(name: str, size: int) -> Image.Image:
    return Image.new("RGB", (size, size), PAPERS[name])


def _over(picture: Image.Image, pattern: str) -> Image.Image:
    return ImageChops.overlay(picture, grey(pattern, picture.width))


def _showing(picture: Image.Image, paper: Image.Image, *masks: str) -> Image.Image:
    """The paper through each of the masks."""
    for name in masks:
        picture.paste(paper, mask=mask(name, picture.width))
    return picture


def _rims(picture: Image.Image, radius: float, strength: float) -> Image.Image:
    """Pigment gathers where a wash ends: darker along every edge."""
    blurred = picture.filter(ImageFilter.BoxBlur(radius * picture.width / 1024))
    difference = ImageChops.difference(picture, blurred).convert("L")
    shade = difference.point([255 - min(150, round(value * strength)) for value in range(256)])
    return ImageChops.multiply(picture, Image.merge("RGB", [shade] * 3))


def _watercolor(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    picture = roughened(roughened(colours, 1.8, 40), 0.5, 10).convert("RGB")
    bled = picture.filter(ImageFilter.BoxBlur(5 * picture.width / 1024))
    picture = Image.blend(picture, bled, 0.12)
    picture = _rims(picture, 5, 2.0)
    picture = _over(picture, "wash")
    return _over(_showing(picture, _paper("watercolor", picture.width), "painted edge"), "tooth")


def _papercut(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    return _over(colours.convert("RGB"), "fibre")


def _crayon(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    picture = roughened(colours, 1.2, 20, 1.0).convert("RGB")
    paper = _paper("crayon", picture.width)
    picture = _over(picture, "wax")
    # Wax goes on in one direction over dark colours and in another over light ones, so that areas stand apart.
    light = picture.convert("L").point([0 if value < 150 else 255 for value in range(256)])
    one, two = mask("wax one", picture.width), mask("wax two", picture.width)
    bare = Image.composite(two, one, light)
    picture.paste(paper, mask=bare)
    return _over(_showing(picture, paper, "waxen edge"), "tooth")


def _gouache(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    picture = roughened(colours, 0.8, 22, 0.3).convert("RGB")
    picture = _over(_over(picture, "streaks"), "fibre")
    return _showing(picture, _paper("gouache", picture.width), "dry")


def _ink(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    size = colours.width
    paper = _paper("ink", size)
    wash = roughened(colours, 2.6, 34, 0.0).convert("RGB")
    wash = _rims(Image.blend(wash, wash.filter(ImageFilter.BoxBlur(7 * size / 1024)), 0.3), 6, 1.5)
    wash = ImageChops.offset(_over(wash, "wash"), round(2 * size / 1024), round(2 * size / 1024))
    wash = _showing(wash, paper, "washed edge")
    if lines is not None:
        wash = ImageChops.multiply(wash, _pen(lines, 1.5, 42, "pen", rgb(0x2A2440)))
    return _over(wash, "tooth")


def _pen(lines: Image.Image, reach: float, grain: float, gaps: str, tint: Colour) -> Image.Image:
    """The line layer as strokes of `tint` with the gaps that a dry nib or an uneven block leaves."""
    drawn = roughened(lines, reach, grain, 0.4).convert("L")
    drawn.paste(255, mask=ImageChops.multiply(mask(gaps, lines.width), ImageChops.invert(drawn)))
    curves = [[round(low + (255 - low) * value / 255) for value in range(256)] for low in tint]
    return Image.merge("RGB", [drawn.point(curve) for curve in curves])


def _pastel(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    size = colours.width
    picture = roughened(colours, 0.8, 22, 1.0).convert("RGB")
    picture = picture.filter(ImageFilter.BoxBlur(0.45 * size / 1024))
    small = picture.resize((size // 4, size // 4), Image.Resampling.BOX).filter(ImageFilter.BoxBlur(5 * size / 1024))
    glow = small.resize((size, size), Image.Resampling.BILINEAR)
    picture = Image.blend(picture, ImageChops.screen(picture, glow), 0.24)
    picture = _over(ImageEnhance.Color(picture).enhance(1.1), "chalk")
    return _showing(picture, _paper("pastel", size), "chalk", "chalky edge")


def _woodblock(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    size = colours.width
    paper = _paper("woodblock", size)
    picture = roughened(colours, 0.9, 26, 0.0).convert("RGB")
    picture = ImageChops.offset(picture, round(-3 * size / 1024), round(2 * size / 1024))
    picture = _showing(_over(picture, "plank"), paper, "specks")
    if lines is not None:
        picture = ImageChops.multiply(picture, _pen(lines, 0.8, 30, "specks", rgb(0x26304A)))
    return _over(_showing(picture, paper, "printed edge"), "fibre")


def _felt(colours: Image.Image, lines: Image.Image | None) -> Image.Image:
    picture = roughened(colours, 0.5, 6, 0.55).convert("RGB")
    return _over(picture, "wool")


FINISHES: dict[str, Finish] = {
    "watercolor": _watercolor,
    "papercut": _papercut,
    "crayon": _crayon,
    "gouache": _gouache,
    "ink": _ink,
    "pastel": _pastel,
    "woodblock": _woodblock,
    "felt": _felt,
}
