"""Nobody reads, follows or changes what is not theirs, by any field, and nobody learns that it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from gql.transport.exceptions import TransportQueryError

from schema.ids import global_id
from schema.root import core_schema, schema
from tests.harness import Api


@dataclass
class Library:
    """What one parent owns, and three who ask for it."""

    owner: Api
    stranger: Api
    nobody: Api
    ids: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def library(shared_app: Api) -> Library:
    owner = await shared_app.as_somebody()
    made = await owner.ask(
        'mutation { createCharacter(input: {name: "Fennel", appearance: "a fox"}) {'
        " ... on CreateCharacterPayload { character { id } } } }"
    )
    character = made["createCharacter"]["character"]["id"]
    answer = await owner.create_story(premise="A snail who wins a race", pageCount=1, characterIds=[character])
    story = answer["story"]
    user = (await owner.ask("{ me { id } }"))["me"]["id"]
    ids = {"story": story["id"], "page": story["pages"][0]["id"], "character": character, "user": user}
    return Library(owner, await shared_app.as_somebody(), shared_app, ids)


BY_ID = [
    ("story", "story"),
    ("page", "page"),
    ("character", "character"),
    *[("node", kind) for kind in ("story", "page", "character", "user")],
]
VERBS = {
    "createCharacter": 'createCharacter(input: {name: "A", appearance: "b"})',
    "updateCharacter": 'updateCharacter(input: {id: $id, name: "Mo"})',
    "deleteCharacter": "deleteCharacter(input: {id: $id})",
    "createStory": 'createStory(input: {premise: "a snail", characterIds: [$id]})',
    "cancelStory": "cancelStory(input: {id: $id})",
    "resumeStory": 'resumeStory(input: {id: $id, idempotencyKey: "a key"})',
    "deleteStory": "deleteStory(input: {id: $id})",
    "rateStory": "rateStory(input: {storyId: $id, stars: 5})",
    "redoPage": 'redoPage(input: {pageId: $id, parts: [IMAGE], idempotencyKey: "a key"})',
    "editPageText": 'editPageText(input: {pageId: $id, text: "Mine now.", idempotencyKey: "a key"})',
}
KIND_OF: dict[str, str] = {
    "cancelStory": "story",
    "resumeStory": "story",
    "deleteStory": "story",
    "rateStory": "story",
    "redoPage": "page",
    "editPageText": "page",
}
"""What a verb is about; all others are about a character."""
PUBLIC_VERBS = {"signUp", "signIn", "refreshSession", "signOut"}
PUBLIC_FIELDS = {"me", "storyPrice", "artStyles", "voices"}


def codes(body: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in body.get("errors", [])]


def test_every_field_and_verb_of_the_schema_is_in_this_matrix() -> None:
    core = core_schema(schema)
    assert core.query_type is not None
    assert core.mutation_type is not None
    assert core.subscription_type is not None
    assert set(core.query_type.fields) == {field for field, _ in BY_ID} | PUBLIC_FIELDS | {
        "nodes",
        "stories",
        "characters",
    }
    assert set(core.mutation_type.fields) == set(VERBS) | PUBLIC_VERBS
    assert set(core.subscription_type.fields) == {"storyProgress"}


@pytest.mark.parametrize(("field", "kind"), BY_ID)
async def test_an_object_is_its_owners_alone(library: Library, field: str, kind: str) -> None:
    id = library.ids[kind]
    query = f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}"

    assert await library.owner.ask(query, id=id) == {field: {"id": id}}
    assert await library.stranger.ask(query, id=id) == {field: None}
    unknown = await library.nobody.post(query, id=id)
    assert unknown["data"] == {field: None}
    assert codes(unknown) == ["UNAUTHENTICATED"]


async def test_nodes_are_their_owners_alone(library: Library) -> None:
    ids = list(library.ids.values())
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert await library.owner.ask(query, ids=ids) == {"nodes": [{"id": id} for id in ids]}
    assert await library.stranger.ask(query, ids=ids) == {"nodes": [None] * 4}
    unknown = await library.nobody.post(query, ids=ids)
    assert unknown["data"] == {"nodes": [None] * 4}
    assert codes(unknown) == ["UNAUTHENTICATED"] * 4


@pytest.mark.parametrize("field", ["stories", "characters"])
async def test_lists_hold_ones_own_alone(library: Library, field: str) -> None:
    query = f"{{ {field} {{ totalCount edges {{ node {{ id }} }} }} }}"

    assert (await library.owner.ask(query))[field]["totalCount"] == 1
    assert await library.stranger.ask(query) == {field: {"totalCount": 0, "edges": []}}
    unknown = await library.nobody.post(query)
    assert unknown["data"] == {field: None}
    assert codes(unknown) == ["UNAUTHENTICATED"]


async def test_a_strangers_character_filters_nothing_in(library: Library) -> None:
    query = "query($id: ID!) { stories(filter: {characterId: $id}) { totalCount edges { node { id } } } }"

    assert await library.stranger.ask(query, id=library.ids["character"]) == {"stories": {"totalCount": 0, "edges": []}}


BELONGINGS = """query($story: ID!, $character: ID!) {
    me { credits { available reserved } }
    character(id: $character) { name appearance }
    stories { edges { node { id } } }
    story(id: $story) { status updatedAt pages { text textStatus imageStatus audioStatus } } }"""


async def belongings(library: Library) -> dict[str, Any]:
    """All that a verb could change of what the owner has."""
    return await library.owner.ask(BELONGINGS, story=library.ids["story"], character=library.ids["character"])


@pytest.mark.parametrize("verb", [verb for verb, call in VERBS.items() if "$id" in call])
async def test_a_stranger_changes_nothing(library: Library, verb: str) -> None:
    kind = KIND_OF.get(verb, "character")
    id, never = library.ids[kind], global_id(kind.capitalize(), uuid4())
    query = f"mutation($id: ID!) {{ {VERBS[verb]} {{ __typename ... on NotFound {{ id message }} }} }}"
    before, credits = await belongings(library), await library.stranger.credits()

    answer = await library.stranger.ask(query, id=id)
    unknown = await library.stranger.ask(query, id=never)

    assert (answer[verb]["__typename"], answer[verb]["id"]) == ("NotFound", id)
    assert unknown == {verb: {**answer[verb], "id": never}}
    assert await belongings(library) == before
    assert await library.stranger.credits() == credits


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("token", [None, "nonsense"])
async def test_nobody_changes_anything(library: Library, verb: str, token: str | None) -> None:
    nobody = Api(library.nobody.url, token, library.nobody.http)
    variables = "($id: ID!)" if "$id" in VERBS[verb] else ""
    before = await belongings(library)
    for id in (library.ids[KIND_OF.get(verb, "character")], "nonsense"):
        given = {"id": id} if variables else {}
        body = await nobody.post(f"mutation{variables} {{ {VERBS[verb]} {{ __typename }} }}", **given)
        assert body["data"] == {verb: None}
        assert codes(body) == ["UNAUTHENTICATED"]
    assert await belongings(library) == before


async def test_what_is_public_is_public(library: Library) -> None:
    data = await library.nobody.ask("{ me { id } artStyles { key } voices { id } storyPrice(pageCount: 2) }")

    assert data["me"] is None
    assert len(data["artStyles"]) >= 6
    assert data["voices"]
    assert data["storyPrice"] == 4
    voice = data["voices"][0]["id"]
    assert await library.nobody.ask("query($id: ID!) { node(id: $id) { id } }", id=voice) == {"node": {"id": voice}}


async def follow_code(api: Api, id: str) -> str:
    """The code with which a follower is refused."""
    with pytest.raises(TransportQueryError) as refused:
        await anext(api.follow(id, "events { __typename }"))
    (error,) = refused.value.errors or []
    return error["extensions"]["code"]


async def test_a_story_is_followed_by_its_owner_alone(library: Library) -> None:
    story = library.ids["story"]
    async for batch in library.owner.follow(story, "events { __typename }"):
        assert batch["events"] == [{"__typename": "StorySnapshot"}]
        break

    assert await follow_code(library.stranger, story) == "NOT_FOUND"
    assert await follow_code(library.stranger, library.ids["character"]) == "NOT_FOUND"
    assert await follow_code(library.nobody, story) == "UNAUTHENTICATED"
    assert await follow_code(library.nobody, "nonsense") == "UNAUTHENTICATED"
