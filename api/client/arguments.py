"""What was typed after `storycanvas story`, read into what it means; typer.BadParameter for what has no meaning."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import typer

from api.client.making import CastMember
from api.client.session import Guest

AGES = ("0-2", "3-5", "6-8", "9-12")


@dataclass(frozen=True, slots=True)
class StoryAddress:
    """Which story is meant. `url` and `guest` are None where only its id was typed, or no guest's way in goes along."""

    id: str
    url: str | None = None
    guest: Guest | None = None


def utf8_text(value: str) -> str:
    """Arguments that are not UTF-8 arrive with lone surrogates, which no JSON text can carry."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise typer.BadParameter("This is not UTF-8 text.") from error
    return value


def age_band(value: str) -> str:
    """`3-5`, `ages_3_5` or the like as the API's `AGES_3_5`."""
    ages = value.upper().removeprefix("AGES").strip("_ ").replace("_", "-")
    if ages not in AGES:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(AGES)}.")
    return f"AGES_{ages.replace('-', '_')}"


def cast_member(value: str) -> CastMember:
    """`Name: appearance`."""
    name, colon, appearance = (part.strip() for part in utf8_text(value).partition(":"))
    if not (name and colon and appearance):
        raise typer.BadParameter(f'{value!r} is not of the form "Name: appearance".')
    return CastMember(name, appearance)


def server_url(value: str) -> str:
    """Like `http://127.0.0.1:8000`, without a slash at its end."""
    try:
        address = urlsplit(value)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise typer.BadParameter(f"{value!r} is not an address like http://127.0.0.1:8000.")
    return value.rstrip("/")


def story_address(value: str) -> StoryAddress:
    """A story's id, or the address where it is read, as this command prints it."""
    before, hash_sign, place = utf8_text(value).partition("#")
    if not hash_sign and "/" not in before:
        return StoryAddress(before)
    match [unquote(part) for part in place.split("/")]:
        case ["", "story", story_id, *_] if story_id:
            return StoryAddress(story_id, server_url(before))
        case ["", "guest", email, password, story_id] if story_id:
            return StoryAddress(story_id, server_url(before), Guest(email, password))
        case _:
            raise typer.BadParameter(f"{value!r} is neither a story's id nor the address where it is read.")
