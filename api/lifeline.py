"""Ties a program's life to its parent's: `python lifeline.py PARENT SIGNAL [--user UID:GID] PROGRAM [ARGUMENT ...]`.

Run as a script between fork and exec, because Python code in a forked child of a process with threads can deadlock.
Linux then sends SIGNAL to the program when the thread that started it ends, for whatever reason, SIGKILL included. So
start long-lived programs from the main thread. The wish survives exec, and `unshare` to a user namespace as well
(tests/api/test_embedded.py proves it), but not a change of user, which therefore comes first.

Elsewhere than on Linux the program just starts: the next start on the same data folder is what notices it then.
It imports nothing of ours, and the standard library only, so that it costs about 15 ms.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tied(command: Sequence[str], last_words: signal.Signals, user: tuple[int, int] | None = None) -> list[str]:
    """The command line that runs `command` as a child of this process which gets `last_words` when this one dies.

    `user` is a uid and a gid to become first, which only root can.
    """
    become = [] if user is None else ["--user", f"{user[0]}:{user[1]}"]
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), last_words.name, *become, *command]


def how_it_ended(status: int | None) -> str:
    """An exit status in words: negative for a signal, None for what never ran."""
    if status is None:
        return "not running"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with exit code {status}"


def _main(parent: str, last_words: str, *command: str) -> None:
    # Loaded before another user is become, who may not be allowed to read Python's own files.
    libc = ctypes.CDLL(None, use_errno=True)
    if command[0] == "--user":
        uid, gid = map(int, command[1].split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        command = command[2:]
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, int(signal.Signals[last_words]))
    if os.getppid() != int(parent):  # it died before we asked
        os._exit(1)
    os.execvp(command[0], command)  # noqa: S606  the whole point is to become that program


if __name__ == "__main__":
    _main(*sys.argv[1:])
