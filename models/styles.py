"""The art styles that a story can be drawn in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArtStyle:
    """`prompt` is what an illustrator is told; `key` is what clients send and stories keep."""

    key: str
    name: str
    description: str
    prompt: str


ART_STYLES: dict[str, ArtStyle] = {
    style.key: style
    for style in (
        ArtStyle(
            "watercolor",
            "Watercolor",
            "Soft washes on rough paper, with edges that bleed and darken.",
            "loose watercolor on cold-pressed paper, soft granulating washes, wet edges, white paper margin",
        ),
        ArtStyle(
            "papercut",
            "Paper cut",
            "Layers of coloured paper with soft shadows between them.",
            "layered paper-cut collage, crisp cut shapes, soft drop shadows between sheets, calm gradients",
        ),
        ArtStyle(
            "crayon",
            "Crayon",
            "Bright waxy strokes with the paper showing through.",
            "child-like wax crayon drawing on textured paper, visible strokes, bright saturated colours",
        ),
        ArtStyle(
            "gouache",
            "Gouache",
            "Flat, opaque, sun-warmed shapes with dry brush marks.",
            "matte gouache, mid-century picture book, flat opaque shapes, warm palette, dry-brush accents",
        ),
        ArtStyle(
            "ink",
            "Ink and wash",
            "Dark pen lines over pale washes.",
            "pen and ink line drawing with pale watercolor washes, hand-drawn contours, much white paper",
        ),
        ArtStyle(
            "pastel",
            "Chalk pastel",
            "Dusty, glowing and very gentle.",
            "soft chalk pastel on toned paper, smudged edges, gentle glow, visible tooth",
        ),
        ArtStyle(
            "woodblock",
            "Woodblock print",
            "Bold carved lines and a handful of inks.",
            "woodblock print, limited palette, bold carved outlines, wood grain, slight misregistration",
        ),
        ArtStyle(
            "felt",
            "Felt",
            "Stitched felt shapes, warm and cuddly.",
            "stitched felt applique, woolly fibres, visible seams, soft rounded shapes",
        ),
    )
}
