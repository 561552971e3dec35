"""No GraphQL and no sessions: the rows of a screen by asyncpg, as JSON by orjson, over a bare uvicorn.

What any server here is above. The statements are those that ours asks, written out; the dicts are written by hand.

    python -m benchmarks.peers.limit PORT SDL_FILE POSTGRES_SOCKET_FOLDER MEDIA_BASE_URL MEDIA_SECRET_IN_HEX

The body is `{"screen": …, "id": …}`. Ids, cursors and URLs are as GraphQL's answers have them.
"""

from __future__ import annotations

from typing import Any

import orjson

from benchmarks.peers import rows
from benchmarks.peers.rows import PORT, Rows, global_id, row_id, url
from benchmarks.peers.serving import Message, Receive, Routed, Send, serve

_PAGES = """LEFT JOIN LATERAL (SELECT array_agg(p.id ORDER BY p.number) AS a,
    array_agg(p.number ORDER BY p.number) AS b,
    array_agg(p.text ORDER BY p.number) AS c, array_agg(p.text_status ORDER BY p.number) AS d,
    array_agg(p.image->>'key' ORDER BY p.number) AS e, array_agg(p.image->>'alt' ORDER BY p.number) AS f,
    array_agg(p.image->>'blurhash' ORDER BY p.number) AS g FROM pages p WHERE p.story_id = s.id) pages ON true"""
_CAST = """LEFT JOIN LATERAL (SELECT array_agg(c.id ORDER BY o.position) AS a,
    array_agg(c.name ORDER BY o.position) AS b,
    array_agg(c.portrait->>'key' ORDER BY o.position) AS c, array_agg(c.portrait->>'blurhash' ORDER BY o.position) AS d
    FROM characters c JOIN story_characters o ON o.character_id = c.id WHERE o.story_id = s.id) of_cast ON true"""
_MINE = "s.account_id = $1::uuid AND s.deleted_at IS NULL"
_LIST = f"WHERE {_MINE} ORDER BY s.created_at DESC, s.id DESC LIMIT 21"
LIBRARY = f"""SELECT s.id, s.created_at, s.title, s.status, of_cast.a, of_cast.b, pages.*
    FROM stories s {_PAGES} {_CAST} {_LIST}"""  # noqa: S608  all of it stands here
SHELF = f"""SELECT s.id, s.created_at, s.title, p.image->>'key', p.image->>'blurhash'
    FROM stories s LEFT JOIN pages p ON p.story_id = s.id AND p.number = 1 {_LIST}"""  # noqa: S608
BOOK = f"""SELECT s.title, s.premise, s.status, s.age_band, s.language, s.page_count, s.created_at,
    of_cast.b, of_cast.c, of_cast.d, pages.b, pages.c, pages.d, pages.e, pages.f, pages.g
    FROM stories s {_PAGES} {_CAST}
    WHERE s.id = $2 AND {_MINE}"""  # noqa: S608
PAGE = f"""SELECT p.number, p.text, p.image->>'key', (p.image->>'width')::int, (p.image->>'height')::int,
    p.image->>'alt', p.image->>'blurhash'
    FROM pages p JOIN stories s ON s.id = p.story_id WHERE p.id = $2 AND {_MINE}"""  # noqa: S608
_rows = Rows()


async def library(account: str, _: str) -> dict[str, Any]:
    found = await _rows.quick(LIBRARY, account)
    return _connection(
        found,
        [
            {
                "id": global_id("Story", id),
                "title": title,
                "status": status,
                "characters": [
                    {"id": global_id("Character", one), "name": name} for one, name in zip(cast_ids, names, strict=True)
                ],
                "pages": [
                    {
                        "id": global_id("Page", page),
                        "number": number,
                        "text": text,
                        "textStatus": text_status,
                        "image": None if key is None else {"key": key, "alt": alt, "blurhash": blurhash},
                    }
                    for page, number, text, text_status, key, alt, blurhash in zip(*pages, strict=True)
                ],
            }
            for id, _, title, status, cast_ids, names, *pages in found[:20]
        ],
    )


async def shelf(account: str, _: str) -> dict[str, Any]:
    found = await _rows.quick(SHELF, account)
    return _connection(
        found,
        [
            {
                "id": global_id("Story", id),
                "title": title,
                "cover": None if key is None else {"url": url(key), "blurhash": blurhash},
            }
            for id, _, title, key, blurhash in found[:20]
        ],
    )


def _connection(found: list[Any], nodes: list[dict[str, Any]]) -> dict[str, Any]:
    last = found[min(len(found), 20) - 1]
    info = {"hasNextPage": len(found) > 20, "endCursor": rows.cursor(last[1], last[0])}
    return {"stories": {"edges": [{"node": node} for node in nodes], "pageInfo": info}}


async def book(account: str, id: str) -> dict[str, Any]:
    (
        (title, premise, status, age_band, language, page_count, created_at, names, keys, hashes, *pages),
    ) = await _rows.quick(BOOK, account, row_id(id))
    return {
        "story": {
            "id": id,
            "title": title,
            "premise": premise,
            "status": status,
            "ageBand": age_band,
            "language": language,
            "pageCount": page_count,
            "createdAt": created_at.isoformat(),
            "characters": [
                {"name": name, "portrait": None if key is None else {"url": url(key), "blurhash": blurhash}}
                for name, key, blurhash in zip(names, keys, hashes, strict=True)
            ],
            "pages": [
                {
                    "number": number,
                    "text": text,
                    "textStatus": text_status,
                    "image": None if key is None else {"url": url(key), "alt": alt, "blurhash": blurhash},
                }
                for number, text, text_status, key, alt, blurhash in zip(*pages, strict=True)
            ],
        }
    }


async def page(account: str, id: str) -> dict[str, Any]:
    ((number, text, key, width, height, alt, blurhash),) = await _rows.quick(PAGE, account, row_id(id))
    image = {"url": url(key), "width": width, "height": height, "alt": alt, "blurhash": blurhash}
    return {"page": {"id": id, "number": number, "text": text, "image": image}}


async def nothing(_: str, __: str) -> dict[str, Any]:
    return {"__typename": "Query"}


SCREENS = {"library": library, "shelf": shelf, "book": book, "page": page, "__typename": nothing}


async def app(scope: Message, receive: Receive, send: Send) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    asked = orjson.loads(body)
    account = next(value.decode() for name, value in scope["headers"] if name == b"x-account")
    data = await SCREENS[asked["screen"]](account, asked.get("id", ""))
    answer = orjson.dumps({"data": data})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    serve(Routed(app), PORT, _rows)
