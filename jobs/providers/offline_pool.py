"""Child processes for the offline engines.

resvg holds the GIL while it draws, and piper is a GPL program that belongs in a process of its own, so both run in
pools of these. A child dies with its parent, even when the parent is killed with SIGKILL: Linux sends it a signal, and
elsewhere a thread of the child notices that its parent is gone.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from jobs.ports import VendorBusy

P = ParamSpec("P")
R = TypeVar("R")

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class OfflinePool:
    """Runs plain picklable functions in up to `processes` children, which start with the first call.

    A child that dies takes its calls with it: they raise VendorBusy, and the next call gets fresh children.
    """

    def __init__(self, processes: int, warm_up: Callable[[], None] | None = None) -> None:
        self._processes = processes
        self._warm_up = warm_up
        self._executor: ProcessPoolExecutor | None = None

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        executor = self._executor = self._executor or self._start()
        try:
            return await asyncio.wrap_future(executor.submit(function, *args, **kwargs))
        except BrokenProcessPool as error:
            if self._executor is executor:
                self._executor = None
                executor.shutdown(wait=False, cancel_futures=True)
            raise VendorBusy("an offline engine's process died") from error

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin_child,
            initargs=(os.getpid(), self._warm_up),
        )


def _begin_child(parent: int, warm_up: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
    if warm_up is not None:
        warm_up()


def die_with_parent(parent: int) -> None:
    """Asks the kernel to kill this process when `parent` dies; watches for it where the kernel can't be asked."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
