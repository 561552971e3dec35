"""Nobody reads, follows or changes what is not theirs, by any field, and nobody learns that it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from gql.transport.exceptions import TransportQueryError

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
}
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

    assert await library.owner.post(query, id=id) == {"data": {field: {"id": id}}}
    assert await library.stranger.post(query, id=id) == {"data": {field: None}}
    unknown = await library.nobody.post(query, id=id)
    assert unknown["data"] == {field: None}
    assert codes(unknown) == ["UNAUTHENTICATED"]


async def test_nodes_are_their_owners_alone(library: Library) -> None:
    ids = list(library.ids.values())
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert await library.owner.post(query, ids=ids) == {"data": {"nodes": [{"id": id} for id in ids]}}
    assert await library.stranger.post(query, ids=ids) == {"data": {"nodes": [None] * 4}}
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


@pytest.mark.parametrize("verb", [verb for verb, call in VERBS.items() if "$id" in call])
async def test_a_stranger_changes_nothing(library: Library, verb: str) -> None:
    id = library.ids["character"]
    query = f"mutation($id: ID!) {{ {VERBS[verb]} {{ __typename ... on NotFound {{ id }} }} }}"

    assert await library.stranger.ask(query, id=id) == {verb: {"__typename": "NotFound", "id": id}}

    character = await library.owner.ask("query($id: ID!) { character(id: $id) { name } }", id=id)
    assert character == {"character": {"name": "Fennel"}}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("token", [None, "nonsense"])
async def test_nobody_changes_anything(library: Library, verb: str, token: str | None) -> None:
    nobody = Api(library.nobody.url, token, library.nobody.http)
    variables = "($id: ID!)" if "$id" in VERBS[verb] else ""
    for id in (library.ids["character"], "nonsense"):
        given = {"id": id} if variables else {}
        body = await nobody.post(f"mutation{variables} {{ {VERBS[verb]} {{ __typename }} }}", **given)
        assert body["data"] == {verb: None}
        assert codes(body) == ["UNAUTHENTICATED"]


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
