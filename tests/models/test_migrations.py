"""The tables: up, down, up; and the code and the migrations agree."""

from models.migrations import check, downgrade, upgrade
from tests.servers import Servers


async def test_migrations_go_up_and_down_and_up_again_and_match_the_code(servers: Servers) -> None:
    url = await servers.fresh_database(template="template1")
    await upgrade(url)
    await downgrade(url, "base")
    await upgrade(url)
    await check(url)
    await servers.drop_database(url)
