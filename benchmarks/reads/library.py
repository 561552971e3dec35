"""A database of many accounts, each with a shelf of finished stories, made by PostgreSQL itself.

Every account has 25 stories of 10 pages, and a cast of three. The accounts whose screens are measured lie evenly among
the others; theirs alone have narrations, whose word times are what a query that asks for too much would carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import asyncpg

STORIES_EACH = 25
PAGES = 10
MEASURED = 64
"""Accounts, so that no server and no cache of PostgreSQL's sees the same rows all the time."""

# Ids are hashes of numbers: spread as random ones are, and the same in every run.
_ACCOUNTS = """
INSERT INTO accounts (id, email, password_hash, granted, available, reserved, spent, created_at)
SELECT md5('account' || n)::uuid, n || '@example.com', '-', 0, 0, 0, 0, now() FROM generate_series({first}, {last}) n;
INSERT INTO sign_ins (id, account_id, created_at, expires_at)
SELECT md5('session' || n)::uuid, md5('account' || n)::uuid, now(), now() + interval '30 days'
FROM generate_series({first}, {last}) n;
INSERT INTO characters (id, account_id, name, appearance, personality, portrait, portrait_status, portrait_version,
    portrait_failures, created_at)
SELECT md5('character' || n || '/' || c)::uuid, md5('account' || n)::uuid,
    (ARRAY['Mole', 'Fox', 'Otter'])[c], 'small, grey and round, with a red scarf', 'curious and a little afraid',
    jsonb_build_object('key', 'characters/' || md5('portrait' || n || c) || '.webp', 'width', 1024, 'height', 1024,
        'content_type', 'image/webp', 'alt', 'A portrait', 'blurhash', 'LEHV6nWB2yk8pyo0adR*.7kCMdnj'),
    'READY', 1, 0, now()
FROM generate_series({first}, {last}) n, generate_series(1, 3) c;
INSERT INTO stories (id, account_id, title, premise, status, age_band, language, art_style, voice, narrated, page_count,
    writer, painter, narrator, arms, reserved, generation, takeovers, created_at, updated_at, ended_at)
SELECT md5('story' || n || '/' || s)::uuid, md5('account' || n)::uuid, 'The night train number ' || s,
    'A mole who digs for the moon and finds a friend who is afraid of the dark', 'READY', 'AGES_3_5', 'en',
    'watercolor', NULL, {narrated}, {pages}, 'offline', 'offline', 'offline', '{{}}', 0, 1, 0,
    timestamptz '2026-01-01 00:00:00+00' + interval '1 hour' * s + interval '1 second' * n, now(), now()
FROM generate_series({first}, {last}) n, generate_series(1, {stories}) s;
INSERT INTO story_characters (story_id, character_id, position)
SELECT md5('story' || n || '/' || s)::uuid, md5('character' || n || '/' || c)::uuid, c
FROM generate_series({first}, {last}) n, generate_series(1, {stories}) s, generate_series(1, 3) c;
INSERT INTO pages (id, story_id, number, text, text_status, image, image_status, audio, words, audio_status)
SELECT md5('page' || n || '/' || s || '/' || p)::uuid, md5('story' || n || '/' || s)::uuid, p,
    'On page ' || p || ' the mole looked up, and the moon was as round as a cheese and twice as far away tonight.',
    'READY',
    jsonb_build_object('key', 'stories/' || md5('image' || n || '/' || s) || '/' || p || '.webp', 'width', 1536,
        'height', 1024, 'content_type', 'image/webp', 'alt', 'The mole looks up at the moon over a hill',
        'blurhash', 'LEHV6nWB2yk8pyo0adR*.7kCMdnj'),
    'READY', {audio}
FROM generate_series({first}, {last}) n, generate_series(1, {stories}) s, generate_series(1, {pages}) p;
"""
_SILENT = "NULL, NULL, 'SKIPPED'"
_NARRATED = """
    jsonb_build_object('key', 'stories/' || md5('audio' || n || '/' || s) || '/' || p || '.mp3', 'duration_ms', 9000,
        'content_type', 'audio/mpeg'),
    (SELECT jsonb_agg(jsonb_build_object('word', 'mole', 'start_ms', w * 400, 'end_ms', w * 400 + 350, 'start', w * 5,
        'end', w * 5 + 4)) FROM generate_series(1, 20) w),
    'READY'"""
# A million stories have ten million pages: keys are looked up, and indexes made, once they are all there.
_INDEXES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS add
FROM pg_constraint WHERE conrelid IN ('pages'::regclass, 'story_characters'::regclass) AND contype IN ('p', 'u', 'f')
"""
_AT_ONCE = 200
"""Accounts in one statement."""


_connect = cast(Any, asyncpg).connect  # asyncpg ships no types


@dataclass(frozen=True, slots=True)
class Reader:
    """An account whose screens are asked for."""

    account: UUID
    sign_in: UUID
    story: UUID
    page: UUID


async def fill(url: str, stories: int) -> list[Reader]:
    """Fills an empty database with about as many stories; gives the accounts that are measured."""
    accounts = max(MEASURED, stories // STORIES_EACH)
    connection = await _connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
        constraints = await connection.fetch(_INDEXES)
        for row in constraints:
            await connection.execute(row["drop"])
        measured = _measured(accounts)
        for first in range(1, accounts + 1, _AT_ONCE):
            await _add(connection, first, min(accounts, first + _AT_ONCE - 1), measured)
        for row in sorted(constraints, key=lambda row: "FOREIGN" in row["add"]):
            await connection.execute(row["add"])
        await connection.execute("VACUUM ANALYZE")
        return [await _reader(connection, number) for number in measured]
    finally:
        await connection.close()


def _measured(accounts: int) -> list[int]:
    return [1 + number * accounts // MEASURED for number in range(MEASURED)]


async def _add(connection: Any, first: int, last: int, measured: list[int]) -> None:
    """Accounts `first` to `last`, those that are measured each in a statement of its own."""
    at = first
    for number in [one for one in measured if first <= one <= last]:
        if at < number:
            await connection.execute(_statement(at, number - 1, narrated=False))
        await connection.execute(_statement(number, number, narrated=True))
        at = number + 1
    if at <= last:
        await connection.execute(_statement(at, last, narrated=False))


def _statement(first: int, last: int, *, narrated: bool) -> str:
    return _ACCOUNTS.format(
        first=first,
        last=last,
        stories=STORIES_EACH,
        pages=PAGES,
        narrated="true" if narrated else "false",
        audio=_NARRATED if narrated else _SILENT,
    )


async def _reader(connection: Any, number: int) -> Reader:
    row = await connection.fetchrow(
        "SELECT md5('account' || $1)::uuid AS account, md5('session' || $1)::uuid AS sign_in, "
        "md5('story' || $1 || '/7')::uuid AS story, md5('page' || $1 || '/7/3')::uuid AS page",
        str(number),
    )
    return Reader(*(UUID(str(row[name])) for name in ("account", "sign_in", "story", "page")))
