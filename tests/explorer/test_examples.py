"""The example operations, over real HTTP and a real WebSocket, each with what the one before has made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from tests.harness import Api, Stage

EXAMPLES = Path(__file__).parents[2] / "clients" / "explorer" / "examples"


def example(name: str, **ids: str) -> tuple[str, dict[str, Any]]:
    """The operation and its variables, with ids in the place of placeholders."""
    variables = (EXAMPLES / f"{name}.json").read_text()
    for placeholder, id in ids.items():
        assert placeholder in variables
        variables = variables.replace(placeholder, id)
    assert "_ID" not in variables
    return (EXAMPLES / f"{name}.graphql").read_text(), json.loads(variables)


async def ask(api: Api, name: str, **ids: str) -> dict[str, Any]:
    query, variables = example(name, **ids)
    return await api.ask(query, **variables)


async def follow(api: Api, name: str, **ids: str) -> list[dict[str, Any]]:
    query, variables = example(name, **ids)
    document = gql(query)
    document.variable_values = variables
    transport = WebsocketsTransport(
        f"{api.url.replace('http', 'ws', 1)}/graphql",
        init_payload={"authorization": f"Bearer {api.token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=transport) as session:
        return [event async for data in session.subscribe(document) for event in data["storyProgress"]["events"]]


async def test_the_examples_lead_from_a_character_to_a_page_with_word_timings(stage: Stage) -> None:
    parent = stage.parent
    made = await ask(parent, "1-make-a-character")
    character = made["createCharacter"]["character"]
    story = (await ask(parent, "2-make-a-story", CHARACTER_ID=character["id"]))["createStory"]["story"]
    events = await follow(parent, "3-follow-it-live", STORY_ID=story["id"])
    assert events[0]["__typename"] == "StorySnapshot"
    assert events[-1]["__typename"] == "StoryEnded"
    assert events[-1]["story"]["status"] == "READY"
    listed = (await ask(parent, "4-list-stories"))["stories"]
    assert [edge["node"]["id"] for edge in listed["edges"]] == [story["id"]]
    page = (await ask(parent, "5-read-a-page", PAGE_ID=story["pages"][0]["id"]))["page"]
    words = page["audio"]["words"]
    assert words
    assert all(page["text"][word["start"] : word["end"]] == word["word"] for word in words)


def test_every_example_is_tried_here() -> None:
    names = {path.stem for path in EXAMPLES.iterdir()}
    assert names == {
        "1-make-a-character",
        "2-make-a-story",
        "3-follow-it-live",
        "4-list-stories",
        "5-read-a-page",
    }
    assert all((EXAMPLES / f"{name}.json").exists() for name in names)
