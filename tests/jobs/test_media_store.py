"""The local media store, on a real folder."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from jobs.providers.media_keys import WINDOW_S, KeyTaken
from jobs.providers.offline_media import LocalMediaStore

KEY = "stories/s1/p1/image-1.webp"
NOON = 1_800_000_000 // WINDOW_S * WINDOW_S


class Clock:
    def __init__(self) -> None:
        self.now: float = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> LocalMediaStore:
    return LocalMediaStore(tmp_path, "http://books.test/", b"s" * 32, clock)


def signed(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return parts.path.removeprefix("/media/"), query["expires"][0], query["signature"][0]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_what_was_put_is_got(store: LocalMediaStore, tmp_path: Path) -> None:
    await store.put(KEY, b"picture", "image/webp")
    assert await store.get(KEY) == b"picture"
    assert files(tmp_path) == [KEY]


@pytest.mark.parametrize("key", [KEY, "stories/s1", f"{KEY}/more.webp"])
async def test_getting_nothing_is_a_key_error(store: LocalMediaStore, key: str) -> None:
    await store.put("stories/s1/p1/other.webp", b"", "image/webp")
    if key != KEY:
        await store.put(KEY, b"picture", "image/webp")
    with pytest.raises(KeyError):
        await store.get(key)


async def test_a_key_names_its_bytes_for_ever(store: LocalMediaStore, tmp_path: Path) -> None:
    await store.put(KEY, b"picture", "image/webp")
    await store.put(KEY, b"picture", "image/webp")
    with pytest.raises(KeyTaken):
        await store.put(KEY, b"another", "image/webp")
    assert await store.get(KEY) == b"picture"
    assert files(tmp_path) == [KEY]


async def test_of_two_at_once_exactly_one_is_kept(store: LocalMediaStore, tmp_path: Path) -> None:
    versions = [bytes([number]) * 100_000 for number in range(8)]
    outcomes = await asyncio.gather(
        *(store.put(KEY, version, "image/webp") for version in versions), return_exceptions=True
    )
    kept = [version for version, outcome in zip(versions, outcomes, strict=True) if outcome is None]
    assert kept == [await store.get(KEY)]
    assert all(isinstance(outcome, KeyTaken) for outcome in outcomes if outcome is not None)
    assert files(tmp_path) == [KEY]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/x.webp",
        "../x.webp",
        "a/../x.webp",
        "a/./x.webp",
        "a//x.webp",
        "a/",
        ".hidden/x.webp",
        "a b.webp",
        "ä.webp",
        "a\\x.webp",
        "a\0.webp",
        "a\n.webp",
        "x.webp\n",
        "~/x.webp",
        "c:x.webp",
    ],
)
async def test_what_is_no_key_is_refused(store: LocalMediaStore, tmp_path: Path, key: str) -> None:
    for attempt in (store.put(key, b"", "image/webp"), store.get(key)):
        with pytest.raises(ValueError, match="not a media key"):
            await attempt
    with pytest.raises(ValueError, match="not a media key"):
        store.url(key)
    assert files(tmp_path) == []


@pytest.mark.parametrize("prefix", ["", "/", "..", "a/../b", "."])
async def test_a_prefix_never_means_everything(store: LocalMediaStore, prefix: str) -> None:
    await store.put(KEY, b"picture", "image/webp")
    with pytest.raises(ValueError, match="not a media key"):
        await store.delete(prefix)
    assert await store.get(KEY) == b"picture"


@pytest.mark.parametrize(
    ("key", "content_type"), [("a.webp", "image/png"), ("a.html", "text/html"), ("a", "image/png")]
)
async def test_the_extension_says_what_it_is(store: LocalMediaStore, key: str, content_type: str) -> None:
    with pytest.raises(ValueError, match="can't hold"):
        await store.put(key, b"", content_type)


@pytest.mark.parametrize("prefix", ["stories/s1", "stories/s1/"])
async def test_a_story_is_deleted_and_its_neighbour_stays(store: LocalMediaStore, tmp_path: Path, prefix: str) -> None:
    await store.put(KEY, b"picture", "image/webp")
    await store.put("stories/s1/p2/audio-1.mp3", b"sound", "audio/mpeg")
    await store.put("stories/s10/p1/image-1.webp", b"other", "image/webp")
    await store.delete(prefix)
    await store.delete(prefix)
    assert files(tmp_path) == ["stories/s10/p1/image-1.webp"]


async def test_one_file_is_deleted_by_its_key_and_can_be_put_again(store: LocalMediaStore) -> None:
    await store.put(KEY, b"picture", "image/webp")
    await store.delete(KEY)
    await store.put(KEY, b"another", "image/webp")
    assert await store.get(KEY) == b"another"


async def test_a_url_stays_the_same_within_six_hours_and_works_six_more(store: LocalMediaStore, clock: Clock) -> None:
    url = store.url(KEY)
    assert url.startswith(f"http://books.test/media/{KEY}?expires=")
    clock.now = NOON + WINDOW_S - 0.001
    assert store.url(KEY) == url
    clock.now += 6 * 3600
    assert store.locate(*signed(url)) is not None
    clock.now += 0.002
    assert store.locate(*signed(url)) is None
    assert store.url(KEY) != url


async def test_only_what_we_signed_is_located(store: LocalMediaStore, tmp_path: Path, clock: Clock) -> None:
    key, expires, signature = signed(store.url(KEY))
    assert store.locate(key, expires, signature) == (tmp_path / KEY, "image/webp")
    stranger = LocalMediaStore(tmp_path, "http://books.test", b"t" * 32, clock)
    for forged in (
        ("stories/s2/p1/image-1.webp", expires, signature),
        (key, str(int(expires) + 1), signature),
        (key, f"0{expires}", signature),
        (key, f"+{expires}", signature),
        (key, "", signature),
        (key, "9" * 5000, signature),
        (key, "٣", signature),
        (key, expires, ""),
        (key, expires, signature[:-1]),
        (key, expires, signature + "="),
        (key, expires, "ü\ud800"),
        ("../secret", expires, signature),
        signed(stranger.url(KEY)),
    ):
        assert store.locate(*forged) is None
