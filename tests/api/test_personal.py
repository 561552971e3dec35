"""What is stored about a person: agreed to, taken along, removed with a receipt."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest_asyncio
import sqlalchemy

from jobs.worker import Workbench
from models import billing
from tests.api.test_accounts import PASSWORD, address, is_refused, me, sign_in, sign_up
from tests.harness import Api, Stage, becomes, serving, settings_for, shared_stage, stage, wrong_path

__all__ = ["shared_stage", "stage"]

DELETION = "id status requestedAt finishedAt removed { what count }"
EXPORT = "id status url sizeBytes expiresAt"


@pytest_asyncio.fixture(loop_scope="session")
async def consenting_app(database_url: str, redis_url: str, tmp_path: Path) -> AsyncGenerator[Api]:
    async with serving(settings_for(database_url, redis_url, tmp_path, require_consent=True)) as (api, _):
        yield api


# ---------------------------------------------------------------- consent


async def test_where_it_is_required_the_first_story_waits_for_consent(consenting_app: Api) -> None:
    parent = await consenting_app.as_somebody()
    ask = "{ consent { version wording required givenAt } }"
    shown = (await consenting_app.ask(ask))["consent"]
    assert shown["required"]
    assert "parent or guardian" in shown["wording"]
    wish = """mutation { createStory(input: {premise: "A snail", pageCount: 1}) {
        __typename ... on ConsentRequired { version message } } }"""
    refused = (await parent.ask(wish))["createStory"]
    assert (refused["__typename"], refused["version"]) == ("ConsentRequired", shown["version"])
    assert wrong_path(await parent.verb("giveConsent", "consent { version }", version="0")) == ["version"]

    given = await parent.verb("giveConsent", "consent { version givenAt }", version=shown["version"])

    again = await parent.verb("giveConsent", "consent { version givenAt }", version=shown["version"])
    assert given["consent"]["givenAt"] is not None
    assert again == given, "the first time counts"
    assert (await parent.ask(ask))["consent"] == {**shown, "givenAt": given["consent"]["givenAt"]}
    assert (await parent.ask(wish))["createStory"]["__typename"] == "CreateStoryPayload"


async def test_where_it_is_not_required_stories_are_made_without(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    assert (await parent.ask("{ consent { required givenAt } }"))["consent"] == {"required": False, "givenAt": None}
    assert (await parent.create_story(premise="A snail", pageCount=1))["__typename"] == "CreateStoryPayload"


# ---------------------------------------------------------------- deletion


async def delete(api: Api, password: str = PASSWORD) -> dict[str, Any]:
    return await api.verb("deleteAccount", f"deletion {{ {DELETION} }}", password=password)


async def receipt(api: Api, id: str) -> dict[str, Any]:
    query = f"query($id: ID!) {{ accountDeletion(id: $id) {{ {DELETION} }} }}"
    return (await api.ask(query, id=id))["accountDeletion"]


async def until_due_again(stage: Stage, id: str) -> None:
    """Waits for the first round, and has the second follow at once."""

    async def begun() -> bool:
        return bool((await receipt(stage.api, id))["removed"])

    async def done() -> bool:
        return (await receipt(stage.api, id))["status"] == "DONE"

    await becomes(begun)
    async with stage.house.database.session() as session:
        await session.execute(sqlalchemy.text("UPDATE errands SET due_at = now() WHERE kind = 'DELETE_ACCOUNT'"))
        await session.commit()
    await becomes(done)


async def rows_about(stage: Stage, account_id: str) -> dict[str, int]:
    """In how many rows of each table the account, or one of its stories, is named; whatever the column."""
    found: dict[str, int] = {}
    async with stage.house.database.reading() as session:
        tables = await session.execute(
            sqlalchemy.text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        )
        for (table,) in tables.all():
            statement = sqlalchemy.text(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE :words')  # noqa: S608
            count = (await session.execute(statement, {"words": f"%{account_id}%"})).scalar_one()
            found |= {table: count} if count else {}
    return found


async def test_a_deleted_account_is_closed_at_once(stage: Stage) -> None:
    email = address()
    parent = Api(stage.api.url, (await sign_up(stage.api, email))["accessToken"], stage.api.http)
    made = await parent.verb("createApiKey", "secret", name="A", scopes=["STORIES_READ"])
    assert (await delete(parent, "wrong horse battery"))["__typename"] == "InvalidCredentials"
    assert "errors" not in await me(stage.api, parent.token)

    answer = await delete(parent)

    assert answer["deletion"]["finishedAt"] is None
    assert is_refused(await me(stage.api, parent.token))
    assert is_refused(await me(stage.api, made["secret"]))
    assert (await sign_in(stage.api, email))["__typename"] == "InvalidCredentials"
    assert (await sign_up(stage.api, email))["__typename"] == "SessionPayload", "the address is free"


async def test_everything_about_a_person_goes_and_the_receipt_says_what(stage: Stage) -> None:
    email = address()
    session = await sign_up(stage.api, email, displayName="Ada Unmistakable")
    parent = Api(stage.api.url, session["accessToken"], stage.api.http)
    made = await parent.verb("createCharacter", "character { id }", name="Fennel", appearance="a fox")
    book = await parent.make_story(2, characterIds=[made["character"]["id"]])
    for call in ("text:1", "image:1"):
        stage.script.shut(call)
    await parent.begin_story(1)
    for call in ("text:1", "image:1"):
        await stage.script.arrival(call).wait()
    await parent.verb("createApiKey", "secret", name="A", scopes=["STORIES_READ"])
    await parent.verb("giveConsent", "consent { version }", version="1")
    mine = [key for key in stage.vendors.media.kept if "stories/" in key or "characters/" in key]
    assert len(mine) >= 5
    async with stage.house.database.reading() as reading:
        found = await reading.execute(sqlalchemy.text("SELECT id FROM accounts WHERE email = :email"), {"email": email})
        account_id = str(found.scalar_one())
    assert book["status"] == "READY"

    id = (await delete(parent))["deletion"]["id"]
    await until_due_again(stage, id)

    told = await receipt(stage.api, id)
    counts = {each["what"]: each["count"] for each in told["removed"]}
    assert counts["stories"] == 2
    assert counts["pages"] == 3
    assert (counts["pictures"], counts["recordings"]) == (3, 2)
    assert (counts["characters"], counts["api_keys"], counts["sign_ins"], counts["consents"]) == (1, 1, 1, 1)
    assert told["finishedAt"] > told["requestedAt"]
    assert email not in str(told)
    stage.script.let_go()
    await stage.rest()
    rows = await rows_about(stage, account_id)
    assert rows.pop("ledger") > 0
    assert rows == {"accounts": 1, "errands": 1}
    for words in (email, "Ada Unmistakable", made["character"]["id"]):
        assert await rows_about(stage, words) == {}
    async with stage.house.database.reading() as reading:
        assert await billing.drift(reading) == []
        kept = await reading.execute(
            sqlalchemy.text("SELECT reserved FROM accounts WHERE id = :id"), {"id": account_id}
        )
        assert kept.scalar_one() == 0
    assert not [key for key in stage.vendors.media.kept if key in mine]


async def test_nobody_signs_in_to_what_is_left_of_an_account(stage: Stage) -> None:
    email = address()
    parent = Api(stage.api.url, (await sign_up(stage.api, email))["accessToken"], stage.api.http)
    await delete(parent)
    async with stage.house.database.reading() as session:
        found = await session.execute(
            sqlalchemy.text("SELECT email FROM accounts WHERE email LIKE '%@deleted.invalid'")
        )
        left = [row.email for row in found]
    assert left
    for password in ("", "the password of an account that does not exist", PASSWORD):
        assert (await sign_in(stage.api, left[0], password))["__typename"] == "InvalidCredentials"


async def test_an_account_is_deleted_whatever_addresses_others_have_taken(stage: Stage) -> None:
    parent = await stage.api.as_somebody()
    id = base64.b64decode((await parent.ask("{ me { id } }"))["me"]["id"] + "==").decode().partition(":")[2]
    taken = await sign_up(stage.api, f"{id}@deleted.invalid")  # which is what the account is called from then on

    answer = await parent.post(
        """mutation { deleteAccount(input: {password: "correct horse battery"}) { __typename } }"""
    )

    assert answer["data"] == {"deleteAccount": {"__typename": "DeleteAccountPayload"}}, answer
    assert wrong_path(taken) == ["email"]


async def test_a_receipt_that_never_was_is_nobodys(stage: Stage) -> None:
    export = await stage.parent.ask("mutation { exportMyData { ... on ExportMyDataPayload { export { id } } } }")
    assert await receipt(stage.api, export["exportMyData"]["export"]["id"]) is None


# ---------------------------------------------------------------- export


async def ask_export(api: Api) -> dict[str, Any]:
    return (await api.ask(f"mutation {{ exportMyData {{ ... on ExportMyDataPayload {{ export {{ {EXPORT} }} }} }} }}"))[
        "exportMyData"
    ]["export"]


async def export(api: Api, id: str) -> dict[str, Any]:
    return (await api.ask(f"query($id: ID!) {{ dataExport(id: $id) {{ {EXPORT} }} }}", id=id))["dataExport"]


async def exported(api: Api, id: str) -> dict[str, Any]:
    async def done() -> bool:
        return (await export(api, id))["status"] == "DONE"

    await becomes(done)
    return await export(api, id)


async def test_an_export_holds_everything_and_no_secret(worker: Workbench, running_app: Api) -> None:
    email = address()
    session = await sign_up(running_app, email, displayName="Ada")
    parent = Api(running_app.url, session["accessToken"], running_app.http)
    secret = (await parent.verb("createApiKey", "secret", name="A key", scopes=["STORIES_READ"]))["secret"]
    book = await parent.make_story(1)
    stranger = await running_app.as_somebody()
    await stranger.create_story(premise="Somebody else's premise", pageCount=1)

    asked = await ask_export(parent)
    made = await exported(parent, asked["id"])

    answer = await running_app.http.get(made["url"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert len(answer.content) == made["sizeBytes"]
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        rows = {
            name.removesuffix(".jsonl"): [json.loads(line) for line in archive.read(name).splitlines()]
            for name in names
            if name.endswith(".jsonl")
        }
    page = book["pages"][0]
    assert {f"media/{page['image']['key']}", f"media/{page['audio']['key']}"} <= names
    assert [row["email"] for row in rows["accounts"]] == [email]
    assert [row["text"] for row in rows["pages"]] == [page["text"]]
    assert [row["premise"] for row in rows["stories"]] == ["A mole who digs for the moon"]
    assert [row["name"] for row in rows["api_keys"]] == ["A key"]
    assert rows["ledger"]
    assert rows["steps"]
    everything = str(rows)
    for hidden in ("argon2", "digest", "password", secret, "Somebody else"):
        assert hidden not in everything
    assert await export(stranger, asked["id"]) is None


async def test_an_export_that_is_being_made_is_given_again(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    first, again = await ask_export(parent), await ask_export(parent)
    assert first == again
    assert (first["status"], first["url"]) == ("WAITING", None)


async def test_three_exports_are_made_for_an_account_and_then_none_for_hours(stage: Stage) -> None:
    made = [await exported(stage.parent, (await ask_export(stage.parent))["id"]) for _ in range(3)]
    assert len({each["id"] for each in made}) == 3

    body = await stage.parent.post("mutation { exportMyData { __typename } }")

    assert body["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert body["errors"][0]["extensions"]["retryAfter"] > 3600


async def test_an_export_is_gone_after_a_day(stage: Stage) -> None:
    asked = await ask_export(stage.parent)
    made = await exported(stage.parent, asked["id"])
    assert made["url"] is not None
    assert [key for key in stage.vendors.media.kept if key.startswith("exports/")]
    async with stage.house.database.session() as session:
        await session.execute(sqlalchemy.text("UPDATE errands SET due_at = now() WHERE kind = 'EXPORT_DATA'"))
        await session.commit()

    async def gone() -> bool:
        return (await export(stage.parent, asked["id"]))["url"] is None

    await becomes(gone)
    assert not [key for key in stage.vendors.media.kept if key.startswith("exports/")]
    assert (await ask_export(stage.parent))["id"] != asked["id"]


async def test_a_worker_that_dies_with_an_errand_leaves_it_to_the_next(stage: Stage) -> None:
    """As if it had been killed right after it took it: the lease is out, and the sweeper asks again."""
    async with stage.house.database.session() as session:
        found = await session.execute(
            sqlalchemy.text(
                "INSERT INTO errands (id, kind, account_id, status, attempts, due_at)"
                " SELECT gen_random_uuid(), 'EXPORT_DATA', id, 'WORKING', 1, now() - interval '5 seconds'"
                " FROM accounts WHERE email = :email RETURNING id"
            ),
            {"email": (await stage.parent.ask("{ me { email } }"))["me"]["email"]},
        )
        id = found.scalar_one()
        await session.commit()

    async def made() -> bool:
        return any(str(id) in key for key in stage.vendors.media.kept)

    await becomes(made)
