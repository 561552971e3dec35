"""Pictures out of nothing but shapes: a page's words become a layered scene, drawn as SVG and finished like a print.

    wording, looks, action      what the words ask for
    shapes, colour, canvas      how anything is drawn: marks, in order, without a style
    mood, sky, places, weather  where it happens
    species, pose, figure …     who is there and what they do
    composition                 the whole scene
    technique, finish, render   the style: marks to SVG, SVG to pixels, pixels to paper

No word of a story ever reaches the SVG: words only choose among things that are drawn here.
"""
