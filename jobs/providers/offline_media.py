"""Media in a local folder, behind signed URLs that `api.media` serves."""

from __future__ import annotations

import asyncio
import base64
import filecmp
import hashlib
import hmac
import os
import re
import secrets
import shutil
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from jobs.providers.media_keys import CONTENT_TYPES, URLS_KEPT, WINDOW_S, KeyTaken, checked, checked_for, window_start

_EXPIRES = re.compile(r"[1-9][0-9]{0,11}")


class LocalMediaStore:
    """Files below `folder`, one a key. `clock` gives Unix seconds; `secret` signs and is at least 32 bytes."""

    def __init__(self, folder: Path, base_url: str, secret: bytes, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._base_url = base_url.rstrip("/")
        self._secret = secret
        self._clock = clock
        self._signed = lru_cache(URLS_KEPT)(self._url)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Stores `data` whole or not at all. Again with the same bytes is no error; with others it is KeyTaken.

        Raises ValueError for a key that is none, or whose extension says another content type.
        """
        await self._put(key, lambda: BytesIO(data), content_type)

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        await self._put(key, lambda: path.open("rb"), content_type)

    async def _put(self, key: str, source: Callable[[], BinaryIO], content_type: str) -> None:
        path = self._path(checked_for(key, content_type))
        if not await asyncio.to_thread(self._write_once, path, source):
            raise KeyTaken(key)

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise KeyError(key) from error

    async def delete(self, prefix: str) -> None:
        """Removes what lies under `prefix` as a folder (a closing slash may be left out), or as the key itself."""
        await asyncio.to_thread(self._remove, self._path(prefix.removesuffix("/")))

    def url(self, key: str) -> str:
        return self._signed(key, window_start(self._clock()))

    def _url(self, key: str, issued: int) -> str:
        expires = issued + 2 * WINDOW_S
        return f"{self._base_url}/media/{checked(key)}?expires={expires}&signature={self._sign(key, expires)}"

    def verify(self, key: str, expires: int, signature: str, now: float) -> bool:
        """Whether `signature` is ours for `key` until `expires`, and that is not past. Takes the same time always."""
        genuine = hmac.compare_digest(self._sign(key, expires).encode(), signature.encode(errors="replace"))
        return genuine and now < expires

    def locate(self, key: str, expires: str, signature: str) -> tuple[Path, str] | None:
        """The file that a signed URL means, whether it is there or not, and its content type; None if it is refused."""
        if not _EXPIRES.fullmatch(expires) or not self.verify(key, int(expires), signature, self._clock()):
            return None
        path = self._path(key)
        return path, CONTENT_TYPES.get(path.suffix, "application/octet-stream")

    def _sign(self, key: str, expires: int) -> str:
        digest = hmac.digest(self._secret, f"{key}\n{expires}".encode(errors="replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _path(self, key: str) -> Path:
        return self._folder / PurePosixPath(checked(key))

    def _write_once(self, path: Path, source: Callable[[], BinaryIO]) -> bool:
        draft = self._hidden()
        try:
            with source() as incoming, draft.open("xb") as file:
                shutil.copyfileobj(incoming, file)
                file.flush()
                os.fsync(file.fileno())  # A page is saved as finished next, and must not outlive its picture.
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(draft, path)  # Unlike a rename, this never replaces what is there.
        except FileExistsError:
            return filecmp.cmp(path, draft, shallow=False)
        finally:
            draft.unlink(missing_ok=True)
        return True

    def _remove(self, path: Path) -> None:
        """Moves everything aside in one step first, so that nobody ever meets half of it."""
        aside = self._hidden()
        try:
            path.rename(aside)
        except (FileNotFoundError, NotADirectoryError):
            return
        if aside.is_dir():
            shutil.rmtree(aside)
        else:
            aside.unlink()

    def _hidden(self) -> Path:
        """A fresh name on the same file system that no key can spell."""
        folder = self._folder / ".moving"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / secrets.token_hex(16)
