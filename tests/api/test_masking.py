"""A failure of ours is told as such and no more; the log tells it under the same id, and nothing of families."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.api.test_live_server import Live, live_server
from tests.servers import Servers

CREATE = "mutation($input: CreateCharacterInput!) { createCharacter(input: $input) { __typename } }"
FENNEL = {"name": "Fennel", "appearance": "a very small fox"}


async def statement(live: Live, words: str) -> None:
    async with live.database.session() as session:
        await session.execute(text(words))
        await session.commit()


@pytest.mark.parametrize("constraint", ["CHECK (name <> 'Fennel')", "UNIQUE (name)"])
async def test_a_failure_in_a_verb_is_masked_and_found_in_the_log_by_its_id(
    servers: Servers, tmp_path: Path, constraint: str
) -> None:
    async with live_server(servers, tmp_path) as live:
        if constraint.startswith("UNIQUE"):
            await live.parent.ask(CREATE, input=FENNEL)
        await statement(live, f"ALTER TABLE characters ADD CONSTRAINT odd {constraint}")

        (error,) = (await live.parent.post(CREATE, input=FENNEL))["errors"]

    logged = (tmp_path / "serve.log").read_text()
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] in logged
    assert "odd" not in error["message"]
    assert "IntegrityError" in logged
    for secret in ("Fennel", "small fox", str(live.parent.token)):
        assert secret not in logged


async def test_a_failure_before_the_operation_is_masked_too(servers: Servers, tmp_path: Path) -> None:
    async with live_server(servers, tmp_path) as live:
        await statement(live, "ALTER TABLE sign_ins RENAME TO lost_sign_ins")
        headers = {"Authorization": f"Bearer {live.parent.token}"}
        body = {"query": "{ __typename }"}
        answer = await live.parent.http.post(f"{live.parent.url}/graphql", json=body, headers=headers)

    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] in (tmp_path / "serve.log").read_text()
    assert "sign_ins" not in answer.text
