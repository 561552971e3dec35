"""PostgreSQL refuses to run as root; in many containers root is all there is."""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from api.preflight import CannotStart


@dataclass(frozen=True)
class NotRoot:
    """How a program that refuses to run as root is started: behind `prefix`, or as another `user` (uid, gid)."""

    prefix: tuple[str, ...] = ()
    user: tuple[int, int] | None = None


def not_root(data: Path) -> NotRoot:
    """For a process that is root: how servers on the folder `data` are run, and so whose their files are.

    A folder that belongs to somebody else is served in their name, so that they can go on without root. Root's own is
    served in a user namespace, which calls root by another name; its files stay root's, and closed. Where namespaces
    are not allowed, the folder becomes nobody's, with a warning.
    """
    if os.geteuid() != 0:
        return NotRoot()
    owner = data.stat()
    if owner.st_uid in {account.pw_uid for account in pwd.getpwall()} - {0}:
        return NotRoot(user=(owner.st_uid, owner.st_gid))
    return _in_a_namespace() or _as_nobody(data)


@cache
def _in_a_namespace() -> NotRoot | None:
    prefix = ("unshare", "-U", f"--map-user={_nobody().pw_uid}", f"--map-group={_nobody().pw_gid}")
    if shutil.which("unshare") is None or not _succeeds(*prefix, "true"):
        return None
    return NotRoot(prefix=prefix)


def _as_nobody(data: Path) -> NotRoot:
    nobody = _nobody()
    sys.stderr.write(
        f"storycanvas: PostgreSQL refuses to run as root and `unshare -U` is not allowed here, so {data} now "
        f"belongs to {nobody.pw_name}, whose other processes can reach it; better start it as an ordinary user\n"
    )
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    return NotRoot(user=(nobody.pw_uid, nobody.pw_gid))


def _nobody() -> pwd.struct_passwd:
    """An account that is not root. It has to be one of this machine's, because initdb looks it up."""
    others = [account for account in pwd.getpwall() if account.pw_uid != 0]
    if not others:
        raise CannotStart("PostgreSQL refuses to run as root, and there is no other account: set DATABASE_URL")
    return next((account for account in others if account.pw_name == "nobody"), others[0])


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  a fixed command
