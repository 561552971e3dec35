"""The picture of the README, as plain SVG: what every server answers in a second of its processor, by screen.

Answers a second of the wall depend on who else is at work on the machine; these hardly do.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.reads.measures import Result

WIDTH, LABEL, BAR, GAP, HEAD = 860, 210, 18, 5, 44
OURS, OTHERS, LIMIT = "#c2410c", "#64748b", "#cbd5e1"


def drawn(results: Sequence[Result], screens: Sequence[str], title: str) -> str:
    panels: list[str] = []
    top = HEAD
    for screen in screens:
        panel, height = _panel([each for each in results if each.screen == screen], screen, top)
        panels.append(panel)
        top += height
    style = "text{font:12px sans-serif;fill:#334155}.title{font-size:15px;font-weight:bold}.ours{font-weight:bold}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        f'aria-label="{escape(title)}"><style>{style}</style><rect width="{WIDTH}" height="{top}" fill="#fff"/>'
        f'<text class="title" x="12" y="24">{escape(title)}</text>{"".join(panels)}</svg>\n'
    )


def _panel(results: Sequence[Result], screen: str, top: int) -> tuple[str, int]:
    most = max(each.per_core for each in results)
    lines = [f'<text class="ours" x="12" y="{top + 14}">{escape(screen)}</text>']
    y = top + 22
    for each in sorted(results, key=lambda each: -each.per_core):
        ours = each.server.startswith("StoryCanvas")
        colour = OURS if ours else LIMIT if "alone" in each.server else OTHERS
        length = (WIDTH - LABEL - 90) * each.per_core / most
        kind = ' class="ours"' if ours else ""
        lines += [
            f'<text{kind} x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(each.server)}</text>',
            f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" fill="{colour}"/>',
            f'<text{kind} x="{LABEL + length + 6:.1f}" y="{y + 13}">{each.per_core:,.0f}</text>',
        ]
        y += BAR + GAP
    return "".join(lines), y - top + 14
