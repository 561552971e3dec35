"""API keys: shown once, good for what their scopes say, gone at once; and what a sandbox key makes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
import sqlalchemy
from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from sqlalchemy.ext.asyncio import create_async_engine
from websockets.exceptions import ConnectionClosedError

from jobs.worker import Workbench
from tests.harness import Api, Stage, shared_stage, stage, wrong_path

__all__ = ["shared_stage", "stage"]

KEY = "id name kind prefix scopes createdAt lastUsedAt revokedAt"
LIST = f"{{ apiKeys {{ {KEY} }} }}"
EVERYTHING = ["STORIES_READ", "STORIES_WRITE"]


async def create(parent: Api, **given: Any) -> dict[str, Any]:
    return await parent.verb("createApiKey", f"secret apiKey {{ {KEY} }}", **{"name": "A key", **given})


async def a_key(parent: Api, *scopes: str, kind: str = "LIVE") -> Api:
    """A client that shows a new key of the parent's."""
    made = await create(parent, scopes=scopes or EVERYTHING, kind=kind)
    return Api(parent.url, made["secret"], parent.http)


async def revoke(parent: Api, id: str) -> dict[str, Any]:
    return await parent.verb("revokeApiKey", f"apiKey {{ {KEY} }}", id=id)


def code_of(body: dict[str, Any]) -> str:
    return body["errors"][0]["extensions"]["code"]


async def test_a_key_is_shown_once_and_known_by_its_prefix(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()

    made = await create(parent, name="  The bookshop ", scopes=["STORIES_READ"])

    key, secret = made["apiKey"], made["secret"]
    assert secret.startswith("sc_live_")
    assert len(secret) == len("sc_live_") + 48
    assert secret.startswith(key["prefix"])
    assert len(key["prefix"]) == len("sc_live_") + 4
    assert (key["name"], key["kind"], key["scopes"]) == ("The bookshop", "LIVE", ["STORIES_READ"])
    assert (key["lastUsedAt"], key["revokedAt"]) == (None, None)
    assert await parent.ask(LIST) == {"apiKeys": [key]}
    node = f"query($id: ID!) {{ node(id: $id) {{ ... on ApiKey {{ {KEY} }} }} }}"
    assert await parent.ask(node, id=key["id"]) == {"node": key}


async def test_a_key_is_kept_as_a_digest_alone(running_app: Api, database_url: str) -> None:
    parent = await running_app.as_somebody()
    secret = (await create(parent, scopes=EVERYTHING))["secret"]

    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        row = (await connection.execute(sqlalchemy.text("SELECT * FROM api_keys"))).mappings().one()
    await engine.dispose()

    assert row["digest"] == hashlib.sha256(secret.encode()).digest()
    assert not any(secret[12:] in str(value) for value in row.values())


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"name": "a\0"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["STORIES_READ", "STORIES_READ"]}, "scopes"),
    ],
)
async def test_a_key_that_breaks_a_rule_is_refused(shared_app: Api, given: dict[str, Any], field: str) -> None:
    parent = await shared_app.as_somebody()

    answer = await create(parent, **{"scopes": EVERYTHING, **given})

    assert wrong_path(answer) == [field]
    assert await parent.ask(LIST) == {"apiKeys": []}


async def test_an_account_has_fifty_keys_and_gets_another_for_one_that_it_revokes(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    async with asyncio.TaskGroup() as making:
        tasks = [making.create_task(create(parent, scopes=EVERYTHING)) for _ in range(55)]
    answers = [task.result() for task in tasks]

    made = [answer["apiKey"]["id"] for answer in answers if answer["__typename"] == "CreateApiKeyPayload"]
    assert len(made) == 50
    assert wrong_path(await create(parent, scopes=EVERYTHING)) == ["name"]
    await revoke(parent, made[0])
    assert (await create(parent, scopes=EVERYTHING))["__typename"] == "CreateApiKeyPayload"


async def test_a_revoked_key_holds_no_more_and_stays_in_the_list(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    program = await a_key(parent)
    other = await a_key(parent)
    assert await program.ask("{ stories { totalCount } }") == {"stories": {"totalCount": 0}}
    (newer, older) = (await parent.ask(LIST))["apiKeys"]

    revoked = (await revoke(parent, older["id"]))["apiKey"]

    assert code_of(await program.post("{ stories { totalCount } }")) == "UNAUTHENTICATED"
    assert code_of(await program.post("{ me { id } }")) == "UNAUTHENTICATED"
    assert await other.ask("{ stories { totalCount } }") == {"stories": {"totalCount": 0}}
    keys = (await parent.ask(LIST))["apiKeys"]
    assert [key["id"] for key in keys] == [newer["id"], older["id"]]
    assert keys[1]["revokedAt"] == revoked["revokedAt"]
    again = (await revoke(parent, older["id"]))["apiKey"]
    assert again["revokedAt"] == revoked["revokedAt"]


async def test_a_strangers_key_cannot_be_revoked_or_seen(shared_app: Api) -> None:
    parent, stranger = await shared_app.as_somebody(), await shared_app.as_somebody()
    made = await create(parent, scopes=EVERYTHING)
    id = made["apiKey"]["id"]

    assert (await revoke(stranger, id))["__typename"] == "NotFound"

    assert await stranger.ask("query($id: ID!) { node(id: $id) { id } }", id=id) == {"node": None}
    assert (await parent.ask(LIST))["apiKeys"][0]["revokedAt"] is None


async def test_the_last_use_is_noted_at_most_once_a_minute(running_app: Api, database_url: str) -> None:
    parent = await running_app.as_somebody()
    program = await a_key(parent)

    async def used() -> str | None:
        return (await parent.ask(LIST))["apiKeys"][0]["lastUsedAt"]

    async def a_minute_later() -> None:
        engine = create_async_engine(database_url)
        async with engine.begin() as connection:
            back = sqlalchemy.text("UPDATE api_keys SET last_used_at = last_used_at - interval '61 seconds'")
            await connection.execute(back)
        await engine.dispose()

    assert await used() is None
    await program.ask("{ me { id } }")
    first = await used()
    assert first is not None
    await program.ask("{ me { id } }")
    assert await used() == first
    await a_minute_later()
    earlier = await used()
    await program.ask("{ me { id } }")
    assert await used() != earlier


SECRETS = ["sc_live_", "sc_test_", "sc_live_" + "0" * 48, "sc_live_" + "é" * 48, "sc_other_" + "0" * 48]


@pytest.mark.parametrize("secret", SECRETS)
async def test_a_key_that_never_was_is_a_bad_token(shared_app: Api, secret: str) -> None:
    headers = [(b"Authorization", b"Bearer " + secret.encode())]
    answer = await shared_app.http.post(f"{shared_app.url}/graphql", json={"query": "{ me { id } }"}, headers=headers)
    assert code_of(answer.json()) == "UNAUTHENTICATED"


# ---------------------------------------------------------------- sockets


async def test_a_key_follows_and_is_closed_out_once_it_is_revoked(stage: Stage) -> None:
    program = await a_key(stage.parent)
    stage.script.shut("text:1")
    story = await program.begin_story()
    async with aclosing(program.follow(story, "events { __typename }")) as batches:
        assert (await anext(batches))["reset"]

    (key,) = (await stage.parent.ask(LIST))["apiKeys"]
    await revoke(stage.parent, key["id"])

    with pytest.raises(TransportConnectionFailed) as closed:
        await anext(program.follow(story, "events { __typename }"))
    assert isinstance(closed.value.__cause__, ConnectionClosedError)
    assert closed.value.__cause__.rcvd is not None
    assert closed.value.__cause__.rcvd.code == 4403


async def test_an_open_socket_is_closed_at_its_next_operation_after_its_key_is_revoked(stage: Stage) -> None:
    program = await a_key(stage.parent)
    (key,) = (await stage.parent.ask(LIST))["apiKeys"]
    transport = WebsocketsTransport(
        f"{program.url.replace('http', 'ws', 1)}/graphql",
        init_payload={"authorization": f"Bearer {program.token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    ask = gql("{ stories { totalCount } }")
    async with Client(transport=transport) as session:
        assert (await session.execute(ask))["stories"] == {"totalCount": 0}
        await revoke(stage.parent, key["id"])
        with pytest.raises(TransportConnectionFailed) as closed:
            await session.execute(ask)
    assert isinstance(closed.value.__cause__, ConnectionClosedError)
    assert closed.value.__cause__.rcvd is not None
    assert closed.value.__cause__.rcvd.code == 4403


# ---------------------------------------------------------------- the sandbox

BOOK = """id sandbox title characters { name } pages {
    text image { blurhash } audio { durationMs words { word startMs } } }"""


async def sandbox(parent: Api) -> Api:
    return await a_key(parent, kind="SANDBOX")


async def test_a_sandbox_story_is_free_from_beginning_to_end(stage: Stage) -> None:
    program = await sandbox(stage.parent)
    before = await stage.parent.credits()
    stage.script.failures["image:2"] = [RuntimeError("out of paint")]
    answer = await program.create_story(premise="A snail who wins a race", pageCount=2)
    assert answer["__typename"] == "CreateStoryPayload", answer
    story = await program.ended(answer["story"]["id"])
    assert story["status"] == "INCOMPLETE"
    assert (await program.resume_story(story["id"]))["__typename"] == "ResumeStoryPayload"
    story = await program.ended(story["id"])
    assert story["status"] == "READY"
    page = story["pages"][0]["id"]
    assert (await stage.parent.redo_page(page, "IMAGE"))["__typename"] == "RedoPagePayload"
    await program.ended(story["id"])
    assert (await program.edit_page_text(page, "Page 1 is mine."))["__typename"] == "EditPageTextPayload"
    await program.ended(story["id"])

    assert await stage.parent.credits() == before


async def test_somebody_without_credits_can_still_rehearse(stage: Stage) -> None:
    await stage.parent.make_story(5)
    assert await stage.parent.credits() == (0, 0)
    assert (await stage.parent.create_story(premise="One more"))["__typename"] == "OutOfCredits"

    program = await sandbox(stage.parent)

    assert (await program.make_story(2))["status"] == "READY"


async def test_a_sandbox_key_sees_and_changes_the_sandbox_alone(stage: Stage) -> None:
    parent = stage.parent
    program, live = await sandbox(parent), await a_key(parent)
    real, rehearsal = await live.make_story(), await program.make_story()
    flag = "{ stories { totalCount edges { node { id sandbox } } } }"

    for _ in range(3):  # what is asked again and again may be read in another way
        listed = (await program.ask(flag))["stories"]
        assert listed == {"totalCount": 1, "edges": [{"node": {"id": rehearsal["id"], "sandbox": True}}]}
        everything = (await parent.ask(flag))["stories"]["edges"]
        assert {edge["node"]["id"]: edge["node"]["sandbox"] for edge in everything} == {
            real["id"]: False,
            rehearsal["id"]: True,
        }
    page = real["pages"][0]["id"]
    for answer in (
        await program.delete_story(real["id"]),
        await program.resume_story(real["id"]),
        await program.redo_page(page, "IMAGE"),
        await program.edit_page_text(page, "Mine."),
    ):
        assert answer["__typename"] == "NotFound"
    ask = "query($story: ID!, $page: ID!) { story(id: $story) { id } page(id: $page) { id } node(id: $page) { id } }"
    for _ in range(3):
        assert await program.ask(ask, story=real["id"], page=page) == {"story": None, "page": None, "node": None}
    with pytest.raises(TransportQueryError, match="no such story"):
        await anext(program.follow(real["id"], "events { __typename }"))


async def test_a_key_without_the_scope_reads_nothing_however_often_it_asks(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    writer, listing = await a_key(parent, "STORIES_WRITE"), "{ stories { edges { node { id } } } }"

    for _ in range(3):
        assert "errors" not in await parent.post(listing)
        assert code_of(await writer.post(listing)) == "FORBIDDEN"
        assert code_of(await Api(parent.url, http=parent.http).post(listing)) == "UNAUTHENTICATED"


async def character(api: Api, name: str = "Fennel") -> dict[str, Any]:
    answer = await api.verb("createCharacter", "character { id sandbox }", name=name, appearance="a fox")
    return answer["character"]


async def test_characters_of_the_sandbox_stay_in_it(stage: Stage) -> None:
    parent = stage.parent
    program = await sandbox(parent)
    real, rehearsed = await character(parent), await character(program)
    assert (real["sandbox"], rehearsed["sandbox"]) == (False, True)

    listed = await program.ask("{ characters { totalCount edges { node { id } } } }")
    assert listed["characters"] == {"totalCount": 1, "edges": [{"node": {"id": rehearsed["id"]}}]}
    refused = await program.create_story(premise="A fox", pageCount=1, characterIds=[real["id"]])
    assert (refused["__typename"], refused["id"]) == ("NotFound", real["id"])
    refused = await parent.create_story(premise="A fox", pageCount=1, characterIds=[rehearsed["id"]])
    assert wrong_path(refused) == ["characterIds"]
    made = await program.create_story(premise="A fox", pageCount=1, characterIds=[rehearsed["id"]])
    assert (await program.ended(made["story"]["id"]))["status"] == "READY"


async def test_an_idempotency_key_of_the_sandbox_answers_no_real_story(stage: Stage) -> None:
    program = await sandbox(stage.parent)
    wish = {"premise": "A snail", "pageCount": 1, "idempotencyKey": "the same"}
    await program.create_story(**wish)

    answer = await stage.parent.create_story(**wish)

    assert (answer["__typename"], answer["reason"]) == ("Conflict", "IDEMPOTENCY_KEY_REUSED")


async def test_rehearsals_take_no_room_from_real_stories(stage: Stage) -> None:
    program = await sandbox(stage.parent)
    stage.script.shut("plan")
    for _ in range(3):
        await program.begin_story()
    assert (await program.create_story(premise="A fourth", pageCount=1))["__typename"] == "Conflict"

    assert (await stage.parent.create_story(premise="A real one", pageCount=1))["__typename"] == "CreateStoryPayload"


async def test_the_same_wish_makes_the_same_book_by_the_offline_vendors(worker: Workbench, running_app: Api) -> None:
    parent = await running_app.as_somebody()
    program = await sandbox(parent)
    wish = {"premise": "A snail who wins a race against the rain", "pageCount": 2}

    async def made() -> dict[str, Any]:
        id = (await program.create_story(**wish))["story"]["id"]
        await program.until_ended(id)
        return (await program.ask(f"query($id: ID!) {{ story(id: $id) {{ {BOOK} }} }}", id=id))["story"]

    first, second = await made(), await made()

    assert first.pop("id") != second.pop("id")
    assert first["sandbox"]
    assert all(page["text"] and page["image"] and page["audio"] for page in first["pages"])
    assert first == second


async def test_a_real_story_of_the_same_premise_has_pictures_of_its_own(worker: Workbench, running_app: Api) -> None:
    parent = await running_app.as_somebody()
    wish = {"premise": "A snail who wins a race against the rain", "pageCount": 1, "narrated": False}
    seen: list[str] = []
    for _ in range(3):
        id = (await parent.create_story(**wish))["story"]["id"]
        await parent.until_ended(id)
        book = (await parent.ask("query($id: ID!) { story(id: $id) { pages { image { blurhash } } } }", id=id))["story"]
        seen.append(book["pages"][0]["image"]["blurhash"])

    assert len(set(seen)) > 1


async def test_portraits_of_the_same_sheet_are_the_same_in_the_sandbox(worker: Workbench, running_app: Api) -> None:
    parent = await running_app.as_somebody()
    program = await sandbox(parent)
    ids = [(await character(program))["id"] for _ in range(2)]
    ask = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Character { portrait { blurhash } } } }"

    async def portraits() -> AsyncGenerator[list[str | None]]:
        while True:
            nodes = (await program.ask(ask, ids=ids))["nodes"]
            yield [node["portrait"] and node["portrait"]["blurhash"] for node in nodes]
            await asyncio.sleep(0.1)

    async with asyncio.timeout(60), aclosing(portraits()) as looks:
        async for look in looks:
            if all(look):
                assert len(set(look)) == 1
                break
