"""What is wrong with an input is said clearly, nothing of it is stored, and nothing of it is a fault of ours."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from schema.ids import global_id
from tests.harness import Api

GOOD: dict[str, Any] = {"premise": "A snail who wins a race", "pageCount": 2}
# Fixed, because parameters name tests, and tests that run side by side must agree on their names.
NOBODYS = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
NOWHERE = [global_id(kind, NOBODYS) for kind in ("Story", "Character", "Page", "User")]
MALFORMED = ["", "x", "Story:1", "????", "é", "\0", "9" * 400, base64.b64encode(b"\xff\xfe").decode(), str(NOBODYS)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def parent(shared_app: Api) -> Api:
    """One account for all refusals: whatever one of them stored, a later count would see."""
    return await shared_app.as_somebody()


@pytest_asyncio.fixture(loop_scope="session")
async def author(shared_app: Api) -> Api:
    """An account of the test's own, for what is taken."""
    return await shared_app.as_somebody()


async def count_of_stories(parent: Api) -> int:
    return (await parent.ask("{ stories { totalCount } }"))["stories"]["totalCount"]


async def refused(parent: Api, query: str, **variables: Any) -> str:
    """The code and words of an operation's one error, whose words are ours."""
    body = await parent.post(query, **variables)
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT", body
    return error["message"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"premise": ""}, "premise", "3 to 2,000 characters"),
        ({"premise": " \n\t "}, "premise", "3 to 2,000 characters"),
        ({"premise": "ab"}, "premise", "3 to 2,000 characters"),
        ({"premise": "a" * 2001}, "premise", "3 to 2,000 characters"),
        ({"premise": "a snail\0"}, "premise", "NUL"),
        ({"title": "t" * 201}, "title", "1 to 200"),
        ({"title": "\0"}, "title", "NUL"),
        ({"pageCount": 0}, "pageCount", "1 to 24"),
        ({"pageCount": 25}, "pageCount", "1 to 24"),
        ({"pageCount": -1}, "pageCount", "1 to 24"),
        ({"artStyle": "crayon-on-the-moon"}, "artStyle", "artStyles"),
        ({"artStyle": "\0"}, "artStyle", "artStyles"),
        ({"voiceId": global_id("Voice", "nobody:at-all")}, "voiceId", "voices"),
        ({"voiceId": global_id("Story", NOBODYS)}, "voiceId", "voices"),
        ({"voiceId": "not an id"}, "voiceId", "voices"),
        ({"voiceId": ""}, "voiceId", "voices"),
        ({"language": "klingonese"}, "language", "BCP 47"),
        ({"language": "qq"}, "language", "BCP 47"),
        ({"language": ""}, "language", "BCP 47"),
        ({"language": "en\0"}, "language", "BCP 47"),
        ({"language": "zu"}, "language", "voice"),
        ({"characterIds": [global_id("Character", NOBODYS)] * 2}, "characterIds", "once"),
        (
            {"characterIds": [global_id("Character", UUID(int=number)) for number in range(9)]},
            "characterIds",
            "up to 8",
        ),
    ],
)
async def test_a_story_that_breaks_a_rule_is_refused_with_the_rule(
    parent: Api, given: dict[str, Any], field: str, words: str
) -> None:
    answer = await parent.create_story(**{**GOOD, **given})

    assert answer["__typename"] == "InvalidInput"
    (problem,) = answer["problems"]
    assert problem["path"] == [field]
    assert words in problem["message"]
    assert answer["message"] == problem["message"]
    assert await count_of_stories(parent) == 0


async def test_every_problem_of_an_input_is_told_at_once(parent: Api) -> None:
    answer = await parent.create_story(premise="", pageCount=0, artStyle="none", language="?")

    assert {problem["path"][0] for problem in answer["problems"]} == {"premise", "pageCount", "artStyle", "language"}


@pytest.mark.parametrize("premise", ["a" * 2000, "🐌" * 2000, "abc", "  abc  ", "'; DROP TABLE stories; --", "​a\x01b"])
async def test_a_premise_at_the_edge_of_the_rules_is_taken(author: Api, premise: str) -> None:
    answer = await author.create_story(premise=premise, pageCount=24)

    assert answer["__typename"] == "CreateStoryPayload"
    assert len(answer["story"]["pages"]) == 24


@pytest.mark.parametrize("escape", [r"\ud800", r"a fox \udfff", r"\udc00\ud800"])
async def test_lone_surrogates_are_refused_by_name(parent: Api, escape: str) -> None:
    query = "mutation($premise: String!) { createStory(input: {premise: $premise}) { __typename } }"
    body = f'{{"query": {json.dumps(query)}, "variables": {{"premise": "{escape} and more"}}}}'

    answer = await parent.http.post(
        f"{parent.url}/graphql",
        content=body,
        headers={"Authorization": f"Bearer {parent.token}", "Content-Type": "application/json"},
    )

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "surrogate" in error["message"]
    assert await count_of_stories(parent) == 0


async def test_lone_surrogates_in_a_document_are_refused(parent: Api) -> None:
    body = await parent.post(r'mutation { createStory(input: {premise: "a fox \uD800 runs"}) { __typename } }')

    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert await count_of_stories(parent) == 0


@pytest.mark.parametrize(
    "given",
    [
        {"pageCount": 2**31},
        {"pageCount": 10**30},
        {"pageCount": 1.5},
        {"pageCount": "8"},
        {"premise": None},
        {"premise": 7},
        {"ageBand": "AGES_99"},
        {"narrated": "yes"},
        {"characterIds": [None]},
        {"nonsense": 1},
    ],
)
async def test_values_of_the_wrong_type_are_bad_user_input(parent: Api, given: dict[str, Any]) -> None:
    query = "mutation($input: CreateStoryInput!) { createStory(input: $input) { __typename } }"

    assert await refused(parent, query, input={**GOOD, **given})
    assert await count_of_stories(parent) == 0


@pytest.mark.parametrize("id", [*MALFORMED, *NOWHERE])
async def test_a_cast_member_who_is_not_there_is_not_found(parent: Api, id: str) -> None:
    answer = await parent.create_story(**GOOD, characterIds=[id])

    assert answer == {"__typename": "NotFound", "message": "There is no such character.", "id": id}
    assert await count_of_stories(parent) == 0


async def test_a_strangers_character_is_not_found(shared_app: Api, parent: Api) -> None:
    stranger = await shared_app.as_somebody()
    made = await stranger.ask(
        'mutation { createCharacter(input: {name: "Fennel", appearance: "a fox"}) {'
        " ... on CreateCharacterPayload { character { id } } } }"
    )
    id = made["createCharacter"]["character"]["id"]

    answer = await parent.create_story(**GOOD, characterIds=[id])

    assert answer == {"__typename": "NotFound", "message": "There is no such character.", "id": id}
    assert await count_of_stories(parent) == 0


async def test_a_premise_that_is_not_for_children_is_rejected_with_its_categories(parent: Api) -> None:
    answer = await parent.create_story(premise="A murderer on the loose with cocaine", pageCount=1)

    assert answer == {"__typename": "ContentRejected", "message": answer["message"], "categories": answer["categories"]}
    assert set(answer["categories"]) == {"violence", "illicit"}
    assert await count_of_stories(parent) == 0


@pytest.mark.parametrize("first", [0, 101, -1, -(2**31)])
@pytest.mark.parametrize("field", ["stories", "characters"])
async def test_a_list_of_a_length_out_of_range_is_refused(parent: Api, field: str, first: int) -> None:
    query = f"query($first: Int) {{ {field}(first: $first) {{ totalCount edges {{ cursor }} }} }}"

    assert await refused(parent, query, first=first) == "`first` takes 1 to 100."


async def test_first_may_be_null_and_is_then_the_default(parent: Api) -> None:
    assert (await parent.ask("{ stories(first: null) { edges { cursor } } }"))["stories"]["edges"] == []


def cursor_of(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


BAD_CURSORS = [
    "",
    "x",
    "é",
    "\0",
    "A" * 10_000,
    cursor_of(),
    cursor_of(1, 2, 3),
    cursor_of("Story:newest", "yesterday", str(NOBODYS)),
    cursor_of("Story:newest", "2026-01-01T00:00:00+00:00", "no uuid"),
    cursor_of("Story:newest", "2026-01-01T00:00:00+00:00", 5),
    cursor_of("Story:newest", None, str(NOBODYS)),
    cursor_of("Story:newest", "2026-01-01", str(NOBODYS)),
    cursor_of("Story:newest", "2026-01-01T00:00:00", str(NOBODYS)),
    cursor_of("Story:newest", "0001-01-01T00:00:00+23:59", str(NOBODYS)),
    cursor_of("Story:newest", "9999-12-31T23:59:59-23:59", str(NOBODYS)),
    cursor_of("Story:title", "a", str(NOBODYS)),
    cursor_of("Story:title", "\0", str(NOBODYS)),
    cursor_of("Story:oldest", "2026-01-01T00:00:00+00:00", str(NOBODYS)),
    base64.urlsafe_b64encode(b'{"a": 1, "b": 2, "c": 3}').decode(),
    base64.urlsafe_b64encode(b"[" * 5000).decode(),
]


@pytest.mark.parametrize("cursor", BAD_CURSORS, ids=range(len(BAD_CURSORS)))
@pytest.mark.parametrize("field", ["stories", "characters"])
async def test_a_cursor_that_is_none_of_this_list_is_refused(parent: Api, field: str, cursor: str) -> None:
    query = f"query($after: String) {{ {field}(after: $after) {{ edges {{ cursor }} }} }}"

    assert "not a cursor" in await refused(parent, query, after=cursor)


async def test_a_cursor_of_another_order_is_refused(author: Api) -> None:
    await author.create_story(**GOOD)
    newest = (await author.ask("{ stories { pageInfo { endCursor } } }"))["stories"]["pageInfo"]["endCursor"]

    for order in ("OLDEST", "TITLE"):
        query = f"query($after: String) {{ stories(after: $after, orderBy: {order}) {{ totalCount }} }}"
        assert "not a cursor" in await refused(author, query, after=newest)


async def test_a_cursor_of_another_list_is_refused(author: Api) -> None:
    await author.create_story(**GOOD)
    newest = (await author.ask("{ stories { pageInfo { endCursor } } }"))["stories"]["pageInfo"]["endCursor"]

    query = "query($after: String) { characters(after: $after) { totalCount } }"
    assert "not a cursor" in await refused(author, query, after=newest)


@pytest.mark.parametrize("id", MALFORMED)
@pytest.mark.parametrize("field", ["story", "character", "page", "node"])
async def test_a_malformed_id_is_refused(parent: Api, field: str, id: str) -> None:
    assert "not an id" in await refused(parent, f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=id)


@pytest.mark.parametrize("id", NOWHERE)
@pytest.mark.parametrize("field", ["story", "character", "page", "node"])
async def test_an_id_of_nothing_is_null(parent: Api, field: str, id: str) -> None:
    assert await parent.ask(f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=id) == {field: None}


@pytest.mark.parametrize("id", [global_id("Dragon", NOBODYS), global_id("Story", "x"), global_id("Voice", "\0")])
async def test_a_well_formed_id_of_no_kind_of_ours_is_null(parent: Api, id: str) -> None:
    assert await parent.ask("query($id: ID!) { node(id: $id) { id } }", id=id) == {"node": None}


async def test_a_bad_id_among_nodes_leaves_its_neighbours_alone(author: Api) -> None:
    story = (await author.create_story(**GOOD))["story"]["id"]

    body = await author.post("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[story, "x", NOWHERE[0]])

    assert body["data"]["nodes"] == [{"id": story}, None, None]
    (error,) = body["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["nodes", 1], "BAD_USER_INPUT")


async def test_more_than_100_nodes_are_refused(parent: Api) -> None:
    words = await refused(parent, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 101)
    assert "100" in words


@pytest.mark.parametrize("filter", [{"search": "\0"}, {"search": "a" * 201}, {"characterId": "x"}])
async def test_a_filter_that_can_not_be_is_refused(parent: Api, filter: dict[str, Any]) -> None:
    query = "query($filter: StoryFilter) { stories(filter: $filter) { totalCount edges { cursor } } }"
    body = await parent.post(query, filter=filter)
    assert {error["extensions"]["code"] for error in body["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("count", [0, 25, -1])
async def test_the_price_of_a_story_that_can_not_be_is_refused(parent: Api, count: int) -> None:
    assert "1 to 24" in await refused(parent, "query($n: Int!) { storyPrice(pageCount: $n) }", n=count)


@pytest.mark.parametrize("id", [*MALFORMED, *NOWHERE])
async def test_a_character_who_is_not_there_can_neither_be_changed_nor_deleted(parent: Api, id: str) -> None:
    for verb in ('updateCharacter(input: {id: $id, name: "Mo"})', "deleteCharacter(input: {id: $id})"):
        data = await parent.ask(
            f"mutation($id: ID!) {{ verb: {verb} {{ __typename ... on NotFound {{ id }} }} }}", id=id
        )
        assert data["verb"] == {"__typename": "NotFound", "id": id}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"name": "\0"}, "name"),
        ({"appearance": "  "}, "appearance"),
        ({"appearance": "a" * 1001}, "appearance"),
        ({"personality": "p" * 1001}, "personality"),
        ({"personality": "\0"}, "personality"),
    ],
)
async def test_a_character_that_breaks_a_rule_is_refused(parent: Api, given: dict[str, str], field: str) -> None:
    query = """mutation($input: CreateCharacterInput!) { createCharacter(input: $input) { __typename
        ... on InvalidInput { problems { path } } } }"""

    data = await parent.ask(query, input={"name": "Fennel", "appearance": "a fox", **given})

    assert data["createCharacter"] == {"__typename": "InvalidInput", "problems": [{"path": [field]}]}
    assert (await parent.ask("{ characters { totalCount } }"))["characters"]["totalCount"] == 0
