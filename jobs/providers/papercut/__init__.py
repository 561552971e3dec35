"""Pictures out of nothing but shapes: a page's words become a layered scene, drawn as SVG and finished like a print.

    wording, looks, species, pose, wishes   what the words ask for
    chance, colour, shapes, canvas          how anything is drawn: marks, in order, without a style
    mood, stage, sky, flora, places, weather   where it happens, and in which light
    head, body, clothes, figure …           one character, whole
    casting, handing, role, props           who stands where, does what, with which things
    composition                             the whole scene
    technique, tones                        the style: marks to SVG
    finish, texture, render                 SVG to pixels, pixels to paper, paper to bytes

No word of a story ever reaches the SVG: words only choose among things that are drawn here.
"""
