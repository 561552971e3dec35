"""How a style treats marks: which colours it owns, how edges look, what is cut, sewn or outlined. Marks to SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .canvas import SIZE, Fade, Glow, Kind, Mark
from .colour import INK, Colour, code, darker, lighter, luminance
from .tones import TONES

_SOLID = frozenset({Kind.LAND, Kind.THING, Kind.BODY})


@dataclass(frozen=True, slots=True)
class Contour:
    """A broken line that follows the top of a layer of land, `below` it: carved, or left by a dry brush."""

    below: float
    width: float
    opacity: float
    dashes: str
    bright: bool = True


@dataclass(frozen=True, slots=True)
class Technique:
    """`outline` is the thickness of a drawn contour around bodies, in canvas units; 0 is none. `own_line` draws it on
    a layer of its own, as a pen would. `shadow` is how far paper lifts off the sheet below. `stitch` sews edges."""

    tone: Callable[[Colour, Mark], Colour]
    outline: float = 0.0
    own_line: bool = False
    shadow: float = 0.0
    stitch: bool = False
    bevel: float = 0.0
    contours: tuple[Contour, ...] = ()


TECHNIQUES: dict[str, Technique] = {
    "watercolor": Technique(TONES["watercolor"], outline=1.6),
    "papercut": Technique(TONES["papercut"], shadow=1.0),
    "crayon": Technique(TONES["crayon"], outline=5.0),
    "gouache": Technique(
        TONES["gouache"],
        contours=(
            Contour(12, 6, 0.3, "70 130 26 210"),
            Contour(34, 7, 0.2, "40 260 90 120"),
            Contour(70, 8, 0.14, "120 300"),
        ),
    ),
    "ink": Technique(TONES["ink"], outline=3.6, own_line=True),
    "pastel": Technique(
        TONES["pastel"], contours=(Contour(16, 16, 0.2, "160 90"), Contour(52, 20, 0.12, "90 200", False))
    ),
    "woodblock": Technique(
        TONES["woodblock"],
        outline=4.2,
        own_line=True,
        contours=(
            Contour(12, 2.6, 0.7, "120 18 46 30"),
            Contour(24, 2.4, 0.6, "70 60 150 40"),
            Contour(40, 2.2, 0.5, "40 110 80 90"),
            Contour(60, 2, 0.4, "30 190"),
        ),
    ),
    "felt": Technique(TONES["felt"], shadow=0.62, stitch=True, bevel=1.0),
}


def colour_layer(marks: Sequence[Mark], technique: Technique) -> str:
    parts: list[str] = []
    gradients: list[str] = []
    for mark in marks:
        if technique.shadow and mark.kind in _SOLID and mark.opacity > 0.9:
            parts.append(_shadow(mark, technique.shadow))
        parts.append(_painted(mark, technique, gradients))
        if technique.contours and mark.kind is Kind.LAND:
            parts.extend(_contoured(mark, line) for line in technique.contours)
        if technique.bevel and mark.kind in _SOLID:
            parts.append(_bevel(mark, technique))
        if technique.stitch and mark.kind in _SOLID:
            parts.append(_stitches(mark, technique))
    return _document("".join(gradients), "".join(parts))


def line_layer(marks: Sequence[Mark], technique: Technique) -> str:
    """Black contours on white: what is solid hides the contours behind it."""
    parts = [_dark_detail(mark) if mark.kind is Kind.DETAIL else _contour(mark, technique.outline) for mark in marks]
    return _document("", f'<rect width="{SIZE}" height="{SIZE}" fill="#fff"/>' + "".join(parts))


def _document(definitions: str, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        f"<defs>{definitions}</defs>{content}</svg>"
    )


def _placed(mark: Mark) -> str:
    a, b, c, d, e, f = mark.matrix
    return (
        ""
        if mark.matrix == (1, 0, 0, 1, 0, 0)
        else f' transform="matrix({a:.4f} {b:.4f} {c:.4f} {d:.4f} {e:.2f} {f:.2f})"'
    )


def _painted(mark: Mark, technique: Technique, gradients: list[str]) -> str:
    if isinstance(mark.fill, Fade):
        top, bottom = technique.tone(mark.fill.top, mark), technique.tone(mark.fill.bottom, mark)
        paint, plain = f"url(#f{len(gradients)})", bottom
        gradients.append(
            f'<linearGradient id="f{len(gradients)}" x1="0" y1="0" x2="0" y2="1">'
            f'<stop offset="0" stop-color="{code(top)}"/>'
            f'<stop offset="1" stop-color="{code(bottom)}"/></linearGradient>'
        )
    elif isinstance(mark.fill, Glow):
        plain = mark.fill.colour
        paint = f"url(#f{len(gradients)})"
        gradients.append(
            f'<radialGradient id="f{len(gradients)}"><stop offset="0" stop-color="{code(plain)}"/>'
            f'<stop offset="0.45" stop-color="{code(plain)}" stop-opacity="0.55"/>'
            f'<stop offset="1" stop-color="{code(plain)}" stop-opacity="0"/></radialGradient>'
        )
    else:
        plain = technique.tone(mark.fill, mark)
        paint = code(plain)
    if mark.kind is Kind.LINE:
        return _stroke(mark, paint)
    faint = f' fill-opacity="{mark.opacity:.2f}"' if mark.opacity < 1 else ""
    edge = _edge(mark, technique, plain)
    return f'<path d="{mark.shape.path}" fill="{paint}"{faint}{edge}{_placed(mark)}/>'


def _stroke(mark: Mark, paint: str) -> str:
    faint = f' stroke-opacity="{mark.opacity:.2f}"' if mark.opacity < 1 else ""
    return (
        f'<path d="{mark.shape.path}" fill="none" stroke="{paint}" stroke-width="{mark.width:.2f}"'
        f' stroke-linecap="round" stroke-linejoin="round"{faint}{_placed(mark)}/>'
    )


def _edge(mark: Mark, technique: Technique, plain: Colour) -> str:
    """A contour in a darker tone of the shape's own colour, for styles whose line belongs to the colour."""
    if not technique.outline or technique.own_line or mark.kind not in _SOLID or mark.opacity < 0.9:
        return ""
    thick = technique.outline * _weight(mark) / mark.scale
    shade = darker(plain, 0.38 if luminance(plain) > 0.3 else 0.22)
    return f' stroke="{code(shade)}" stroke-width="{thick:.2f}" stroke-opacity="0.75" stroke-linejoin="round"'


def _weight(mark: Mark) -> float:
    """Contours thin out towards the horizon, and are boldest around the cast."""
    return (1.0 if mark.kind is Kind.BODY else 0.8) * (1 - 0.55 * mark.depth)


def _contour(mark: Mark, thick: float) -> str:
    if mark.kind is Kind.LINE:
        dark = mark.opacity > 0.5 and not isinstance(mark.fill, Fade | Glow) and luminance(mark.fill) < 0.35
        return _stroke(mark, code(INK)) if dark else ""
    if mark.opacity < 0.9 or mark.kind not in _SOLID:
        return ""
    shade = round(30 + 120 * mark.depth)
    return (
        f'<path d="{mark.shape.path}" fill="#fff" stroke="rgb({shade},{shade},{shade})" stroke-linejoin="round"'
        f' stroke-width="{thick * _weight(mark) / mark.scale:.2f}"{_placed(mark)}/>'
    )


def _dark_detail(mark: Mark) -> str:
    """Eyes and noses are drawn with the pen, and so stay sharp; the glint in an eye is left out of it."""
    if isinstance(mark.fill, Fade | Glow) or mark.scale * (mark.shape.box[2] - mark.shape.box[0]) > 60:
        return ""
    bright = luminance(mark.fill)
    if 0.22 < bright < 0.9:
        return ""
    return f'<path d="{mark.shape.path}" fill="{"#fff" if bright > 0.5 else "#1e1e1e"}"{_placed(mark)}/>'


def _shadow(mark: Mark, strength: float) -> str:
    """Soft without a blur: three see-through copies, each further away."""
    a, b, c, d, e, f = mark.matrix
    land = mark.kind is Kind.LAND
    copies = ((-1, -4), (0, -9)) if land else ((2, 3), (4, 6.5), (6, 10))
    if mark.kind is Kind.BODY or mark.scale < 0.6:
        copies = ((1.5, 2), (3, 4.5))
    faint = (0.10 if land else 0.09) * strength
    return "".join(
        f'<path d="{mark.shape.path}" fill="#1a1030" fill-opacity="{faint:.3f}"'
        f' transform="matrix({a:.4f} {b:.4f} {c:.4f} {d:.4f} {e + dx * strength:.2f} {f + dy * strength:.2f})"/>'
        for dx, dy in copies
    )


def _contoured(mark: Mark, line: Contour) -> str:
    a, b, c, d, e, f = mark.matrix
    tint = "#fff4d8" if line.bright else "#402a50"
    return (
        f'<path d="{mark.shape.path}" fill="none" stroke="{tint}"'
        f' stroke-opacity="{line.opacity * (1 - 0.5 * mark.depth):.2f}"'
        f' stroke-width="{line.width}" stroke-dasharray="{line.dashes}" stroke-linecap="round"'
        f' transform="matrix({a:.4f} {b:.4f} {c:.4f} {d:.4f} {e:.2f} {f + line.below:.2f})"/>'
    )


def _bevel(mark: Mark, technique: Technique) -> str:
    """A lit rim, as thick cloth has."""
    if isinstance(mark.fill, Fade | Glow) or mark.kind is Kind.LAND:
        return ""
    shade = darker(technique.tone(mark.fill, mark), 0.22)
    return (
        f'<path d="{mark.shape.path}" fill="none" stroke="{code(shade)}" stroke-opacity="0.5"'
        f' stroke-width="{2.4 / mark.scale:.2f}"{_placed(mark)}/>'
    )


def _stitches(mark: Mark, technique: Technique) -> str:
    """A dashed seam a little inside the edge: the shape once more, drawn smaller around its middle."""
    left, top, right, bottom = mark.shape.box
    wide, high = (right - left) * mark.scale, (bottom - top) * mark.scale
    if min(wide, high) < 34 or isinstance(mark.fill, Fade | Glow) or mark.opacity < 0.9:
        return ""
    inset = 9.0 if mark.kind is Kind.LAND else 5.5
    plain = technique.tone(mark.fill, mark)
    thread = code(_thread(plain))
    a, b, c, d, e, f = mark.matrix
    if mark.kind is Kind.LAND:
        inner = f"matrix({a:.4f} {b:.4f} {c:.4f} {d:.4f} {e:.2f} {f + inset * 1.3:.2f})"
    else:
        across, down = 1 - 2 * inset / wide, 1 - 2 * inset / high
        x, y = (left + right) / 2 * (1 - across), (top + bottom) / 2 * (1 - down)
        inner = (
            f"matrix({a * across:.4f} {b * across:.4f} {c * down:.4f} {d * down:.4f}"
            f" {a * x + c * y + e:.2f} {b * x + d * y + f:.2f})"
        )
    scale = mark.scale
    return (
        f'<path d="{mark.shape.path}" fill="none" stroke="{thread}" stroke-opacity="0.8" stroke-linecap="round"'
        f' stroke-width="{2.3 / scale:.2f}" stroke-dasharray="{9 / scale:.1f} {7 / scale:.1f}" transform="{inner}"/>'
    )


def _thread(colour: Colour) -> Colour:
    return lighter(colour, 0.5) if luminance(colour) < 0.72 else darker(colour, 0.2)
