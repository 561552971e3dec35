"""The offline painter: what it paints is a picture of the page, and always the same one."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from jobs.ports import CastSheet, Painted, Picture, PictureBrief, PlannedPage, PortraitBrief, Preview
from jobs.providers.offline_painter import OfflinePainter
from jobs.providers.offline_pool import OfflinePool
from jobs.providers.papercut.composition import compose_page
from jobs.providers.papercut.looks import look_of
from jobs.providers.papercut.places import PLACES, place_for
from jobs.providers.papercut.render import paint_page, paint_portrait
from jobs.providers.papercut.technique import TECHNIQUES, colour_layer, line_layer
from models.styles import ART_STYLES
from models.vocabulary import TimeOfDay, Weather

Pixels = NDArray[np.int16]

FOX = CastSheet(key="c1", name="Pip", appearance="a tiny orange fox with a green scarf")
GIRL = CastSheet(key="c2", name="Mina", appearance="a girl with curly black hair and a yellow raincoat")
OWL = CastSheet(key="c3", name="Oona", appearance="a wise old owl with round glasses")
HOSTILE = '"/><script>zqx</script></svg> & <!-- {0} %s \ud800 \u202e zqx'


def brief(
    place: str = "a forest",
    action: str = "waving",
    cast: tuple[CastSheet, ...] = (FOX,),
    time: TimeOfDay = TimeOfDay.DAY,
    weather: Weather = Weather.CLEAR,
    style: str = "papercut",
    seed: str = "seed",
    instruction: str | None = None,
) -> PictureBrief:
    page = PlannedPage(
        beat="Something happens.",
        place=place,
        time_of_day=time,
        weather=weather,
        cast=tuple(sheet.key for sheet in cast),
        action=action,
        picture="",
    )
    return PictureBrief("", style, page, cast, (), seed, instruction)


def pixels(picture: Picture) -> Pixels:
    """Decoded, as height x width x red, green, blue."""
    decoded = Image.open(io.BytesIO(picture.data))
    assert decoded.format == "WEBP"
    assert decoded.size == (picture.width, picture.height)
    return np.asarray(decoded.convert("RGB"), dtype=np.int16)


def difference(first: Pixels, second: Pixels) -> float:
    """Mean difference of the channels, 0 to 255."""
    return float(np.abs(first - second).mean())


def share_near(seen: Pixels, colour: tuple[int, int, int], reach: int = 42) -> float:
    """The share of pixels whose channels are all within `reach` of the colour's."""
    near = np.abs(seen - np.array(colour, dtype=np.int16)).max(axis=2) <= reach
    return float(near.mean())


@pytest.fixture(scope="module")
def painter() -> Iterator[OfflinePainter]:
    pool = OfflinePool(1)
    yield OfflinePainter(pool, pace=0)
    pool.close()


async def collected(answers: AsyncIterator[Preview | Painted]) -> list[Preview | Painted]:
    return [answer async for answer in answers]


async def test_a_smaller_preview_of_the_same_scene_comes_before_the_picture(painter: OfflinePainter):
    preview, painted = await collected(painter.paint(brief()))

    assert isinstance(preview, Preview)
    assert isinstance(painted, Painted)
    assert (painted.picture.width, painted.picture.height) == (1024, 1024)
    assert painted.picture.content_type == "image/webp"
    assert len(preview.picture.data) < len(painted.picture.data) / 4
    small = Image.open(io.BytesIO(painted.picture.data)).resize((256, 256))
    assert difference(pixels(preview.picture), np.asarray(small.convert("RGB"), dtype=np.int16)) < 12


async def test_a_portrait_is_painted_in_the_same_two_steps(painter: OfflinePainter):
    preview, painted = await collected(painter.portrait(PortraitBrief("", "felt", GIRL, "seed")))

    assert isinstance(preview, Preview)
    assert isinstance(painted, Painted)
    assert pixels(painted.picture).std() > 20


@pytest.fixture(scope="module")
def in_every_style() -> dict[str, Picture]:
    return {style: paint_page(brief(style=style, cast=(FOX, GIRL))) for style in ART_STYLES}


@pytest.mark.parametrize("style", ART_STYLES)
def test_every_style_paints_a_full_and_reasonably_small_picture(style: str, in_every_style: dict[str, Picture]):
    picture = in_every_style[style]

    seen = pixels(picture)
    assert seen.shape == (1024, 1024, 3)
    assert seen.std() > 20
    assert len(picture.data) < 300_000
    assert len(picture.blurhash) >= 6


def test_no_two_styles_look_alike(in_every_style: dict[str, Picture]):
    seen = [pixels(picture) for picture in in_every_style.values()]

    for i, first in enumerate(seen):
        for second in seen[i + 1 :]:
            assert difference(first, second) > 4


def test_the_same_brief_gives_the_same_bytes():
    assert paint_page(brief(), 256).data == paint_page(brief(), 256).data


def test_another_seed_composes_the_scene_anew():
    assert difference(pixels(paint_page(brief(seed="a"), 256)), pixels(paint_page(brief(seed="b"), 256))) > 6


@pytest.mark.parametrize(
    "other",
    [
        brief(place="under the sea"),
        brief(time=TimeOfDay.NIGHT),
        brief(weather=Weather.SNOW),
        brief(action="sleeping"),
        brief(cast=(OWL,)),
        brief(cast=(FOX, GIRL)),
    ],
    ids=["place", "time", "weather", "action", "who", "how many"],
)
def test_what_differs_in_the_beat_differs_in_the_picture(other: PictureBrief):
    assert difference(pixels(paint_page(brief(), 256)), pixels(paint_page(other, 256))) > 4


@pytest.mark.parametrize("wish", ["make it night", "it should rain", "please put them on a beach", "come closer"])
def test_a_parents_wish_changes_the_picture(wish: str):
    assert difference(pixels(paint_page(brief(), 256)), pixels(paint_page(brief(instruction=wish), 256))) > 6


def test_a_wished_for_balloon_is_there():
    red = (219, 86, 72)

    assert share_near(pixels(paint_page(brief(), 512)), red, 20) < 0.002
    assert share_near(pixels(paint_page(brief(instruction="add a balloon"), 512)), red, 20) > 0.004


@pytest.mark.parametrize("place", ["a forest", "a beach", "a snowy mountain", "the kitchen", "outer space", "a city"])
@pytest.mark.parametrize("time", [TimeOfDay.DAY, TimeOfDay.NIGHT])
def test_a_character_has_its_own_colours_on_every_page(place: str, time: TimeOfDay):
    seen = pixels(paint_page(brief(place, cast=(FOX,), time=time), 256))

    assert share_near(seen, look_of(FOX).coat, 60) > 0.008


def test_a_look_comes_from_the_sheet_alone():
    look = look_of(FOX)

    assert look == look_of(FOX.model_copy(update={"key": "n7", "personality": "shy"}))
    assert look.garments.keys() == {"scarf"}
    assert look.garments["scarf"][1] > look.garments["scarf"][0]
    assert look.species != look_of(OWL).species


@pytest.mark.parametrize(
    ("appearance", "build"),
    [
        ("a shy green snail", "snail"),
        ("a robot made of tin", "robot"),
        ("a girl who loves her toy rabbit", "human"),
        ("ein kleiner Fuchs", "plush"),
        ("a round pufferfish", "fish"),
        ("", "human"),
    ],
)
def test_a_sheet_in_plain_words_finds_its_kind(appearance: str, build: str):
    assert look_of(CastSheet(key="c1", name="Lu", appearance=appearance)).species.build == build


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("a dark cave in the forest", "cave"),
        ("a village street", "village"),
        ("a sunken ship under the sea", "underwater"),
        ("Grandma's warm kitchen by the sea", "kitchen"),
        ("a snow-covered garden", "garden"),
        ("somewhere", "meadow"),
    ],
)
def test_a_place_is_read_from_plain_words(place: str, key: str):
    assert place_for(place, otherwise="meadow") == key
    assert key in PLACES


def test_five_members_are_all_seen_side_by_side():
    cast = tuple(
        CastSheet(key=f"c{i}", name=f"N{i}", appearance=f"a {colour} robot")
        for i, colour in enumerate(("red", "blue", "green", "yellow", "purple"))
    )
    seen = pixels(paint_page(brief(cast=cast), 512))

    for sheet in cast:
        assert share_near(seen, look_of(sheet).coat, 24) > 0.003


@pytest.mark.parametrize("style", ["papercut", "ink"])
def test_no_word_of_a_story_reaches_the_drawing(style: str):
    sheet = CastSheet(key="c1", name=HOSTILE, appearance=f"a fox {HOSTILE}", personality=HOSTILE)
    hostile = brief(place=HOSTILE, action=HOSTILE, cast=(sheet,), seed=HOSTILE, instruction=HOSTILE, style=style)

    marks = compose_page(hostile).marks
    drawn = colour_layer(marks, TECHNIQUES[style]) + line_layer(marks, TECHNIQUES[style])
    assert "zqx" not in drawn
    assert "script" not in drawn
    assert pixels(paint_page(hostile, 256)).std() > 20
    assert pixels(paint_portrait(PortraitBrief(HOSTILE, style, sheet, HOSTILE), 256)).std() > 20


def test_a_page_without_cast_is_a_landscape():
    assert pixels(paint_page(brief(cast=()), 256)).std() > 20
