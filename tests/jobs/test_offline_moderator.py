"""The offline moderator keeps out what no child should read, and lets picture books be picture books."""

from __future__ import annotations

import io
from importlib.resources import files

import pytest
from PIL import Image

from jobs.ports import VendorUnusable
from jobs.providers.offline_moderator import OfflineModerator

FIT = [
    "A witch, a ghost and a pirate with a sword meet a dragon who breathes fire.",
    "To kill time, Ben rolled the die. Hello, hell-o? No: hello!",
    "A green shoot of a plant grew in Scunthorpe, near Essex and Sussex.",
    "Dick Whittington and his cat walk to London.",
    "The cockerel crowed, and a naked mole rat dug a tunnel.",
    "A killer whale called Olga, a robin redbreast, blue tits and a cocker spaniel.",
    "Tom fell off his bike and hurt himself. Mum cut him a slice of cake; Lily cut herself a slice, too.",
    "The knight wants to slay the dragon, but the dragon wants to play chess.",
    "They make a bath bomb, a photo bomb and a seed bomb.",
    "The Emperor has no clothes.",
    "Grandpa died last winter, and Mia misses him.",
    "The heroine shot an arrow at the target.",
    "I am 5 years old, and I live at 13 Cockburn Street, Penistone.",
    "A B C D E F G, now I know my A-B-C.",
    "The assistant passed the class a glass.",
    "A bath bomb and a cherry bomb made of ice cream.",
    "Der Mond ist aufgegangen; une étoile; el niño y la luna.",
    "小狐狸怕黑 🦊 ثعلب صغير",
    "",
]

UNFIT = [
    ("a porn story", "sexual"),
    ("They have SEX", "sexual"),
    ("a naked woman", "sexual"),
    ("the pedophile", "sexual/minors"),
    ("He murdered the king", "violence"),
    ("she kills her brother", "violence"),
    ("a school shooting", "violence"),
    ("a pool of blood", "violence/graphic"),
    ("a boy who commits suicide", "self-harm"),
    ("he wants to hurt himself", "self-harm"),
    ("the nazis", "hate"),
    ("you bitch", "harassment"),
    ("I'll kill you", "harassment/threatening"),
    ("a bunny sells drugs", "illicit"),
    ("How to make a pipe bomb", "illicit/violent"),
    ("f u c k", "harassment"),
    ("f.u.c.k you", "harassment"),
    ("f**k", "harassment"),
    ("fu\u200bck", "harassment"),
    ("ｆｕｃｋ", "harassment"),
    ("p0rn", "sexual"),
    ("5ex", "sexual"),
    ("sh1t!", "harassment"),
    ("ѕех", "sexual"),
    ("fúck", "harassment"),
    ("so ein Arschloch", "harassment"),
    ("Scheiße", "harassment"),
]


@pytest.mark.parametrize("text", FIT)
async def test_words_of_picture_books_pass(text: str) -> None:
    verdict = await OfflineModerator().judge_text(text)
    assert verdict.allowed, verdict.categories
    assert verdict.categories == ()


@pytest.mark.parametrize(("text", "category"), UNFIT)
async def test_what_has_no_place_in_a_childrens_book_is_refused_by_its_category(text: str, category: str) -> None:
    verdict = await OfflineModerator().judge_text(text)
    assert not verdict.allowed
    assert category in verdict.categories


async def test_everything_that_the_offline_writer_can_say_passes() -> None:
    data = files("jobs.providers.grammar").joinpath("data")
    for file in [*data.iterdir(), *data.joinpath("english").iterdir()]:
        if file.is_file():
            verdict = await OfflineModerator().judge_text(file.read_text(encoding="utf-8"))
            assert verdict.allowed, (file.name, verdict.categories)


@pytest.mark.parametrize("form", ["WEBP", "PNG", "JPEG"])
async def test_a_picture_passes(form: str) -> None:
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(data, form)
    assert (await OfflineModerator().judge_picture(data.getvalue(), f"image/{form.lower()}")).allowed


@pytest.mark.parametrize("damage", ["nothing", "text", "half"])
async def test_bytes_that_are_no_picture_are_unusable(damage: str) -> None:
    picture = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(picture, "PNG")
    data = {"nothing": b"", "text": b"<svg/>", "half": picture.getvalue()[: len(picture.getvalue()) // 2]}[damage]
    with pytest.raises(VendorUnusable):
        await OfflineModerator().judge_picture(data, "image/png")
