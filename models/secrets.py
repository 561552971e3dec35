"""The installation's secret: what signs tokens and media URLs, from the environment or from a file made once."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

SECRET_BYTES = 32
FILE_NAME = "secret"


class SecretUnusable(Exception):
    """The secret's file holds something else; only an operator can know whether it may be thrown away."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} does not hold a secret: restore it, or remove it and everybody signs in anew")
        self.path = path


def load_secret(configured: SecretStr | None, data: Path) -> bytes:
    """Gives `configured` where it is set; else the secret in `data`, made there (mode 0600) the first time.

    Processes that start at the same moment all get the same one. Raises SecretUnusable, and OSError where `data` can
    neither be read nor written.
    """
    if configured is not None:
        return configured.get_secret_value().encode()
    path = data / FILE_NAME
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        _create_once(path)
    return _read(path)


def derive(secret: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes for one purpose: whoever learns it learns neither `secret` nor the key of another purpose."""
    return hmac.digest(secret, purpose, hashlib.sha256)


def _create_once(path: Path) -> None:
    """Leaves a whole secret at `path`: ours, or that of a process that was quicker."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # Unlike a rename, this never replaces what another process has just put there.
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _read(path: Path) -> bytes:
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError as error:
        raise SecretUnusable(path) from error
    if len(secret) < SECRET_BYTES:
        raise SecretUnusable(path)
    return secret
