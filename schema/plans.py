"""When a query is read in one go (schema.reading), and which plans for that are kept."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from graphql import ExecutionResult

from schema import documents
from schema.context import Context
from schema.documents import Prepared
from schema.reading import Plan, planned

MOST_PLANS = 256
"""What was used longest ago goes first, and is made again when it is asked for. One of a whole library takes 70 kB,
many times what is kept of its document."""
MOST_MAKING = 8
"""Plans that are being made, or wait for it."""
_met: WeakSet[Prepared] = WeakSet()
_making: set[Prepared] = set()
_thread = ThreadPoolExecutor(1, "plans")
_plans: dict[bool, WeakKeyDictionary[Prepared, Plan | None]] = {
    False: WeakKeyDictionary(),
    True: WeakKeyDictionary(),
}


async def execute(prepared: Prepared, variables: dict[str, Any] | None, context: Context) -> ExecutionResult:
    """Runs a query or mutation whose document is valid: in one go where that can be done."""
    plan = await _plan_when_known(prepared, context.house.kept.most > 0)
    if plan is not None:
        try:
            return ExecutionResult(await plan.read(variables, context), None)
        except Exception:  # whatever it was, the normal executor meets it again and knows what to say
            context.forget()
    return await documents.execute(prepared, variables, context)


async def _plan_when_known(prepared: Prepared, keeping: bool) -> Plan | None:
    """None at the first time: a plan takes milliseconds to make, and a document that nobody sends again needs none.

    What somebody sends to have large plans made keeps nobody else waiting: they are made in a thread, one at a time,
    and while it has enough to do the normal executor answers.
    """
    if prepared in _plans[keeping]:
        return _latest(prepared, keeping)
    if prepared not in _met:
        _met.add(prepared)
        return None
    if prepared in _making or len(_making) >= MOST_MAKING:
        return None
    _making.add(prepared)
    try:
        plan = await asyncio.get_running_loop().run_in_executor(_thread, partial(planned, prepared, keeping=keeping))
    finally:
        _making.discard(prepared)
    return _kept(prepared, keeping, plan)


def plan_of(prepared: Prepared, *, keeping: bool) -> Plan | None:
    """None where the normal executor is needed. The document is valid, and is kept as long as its plan is.

    With `keeping`, pages of finished stories are looked for in the house's memory.
    """
    if prepared in _plans[keeping]:
        return _latest(prepared, keeping)
    return _kept(prepared, keeping, planned(prepared, keeping=keeping))


def _latest(prepared: Prepared, keeping: bool) -> Plan | None:
    """A plan that is there, which becomes the one used last."""
    return _kept(prepared, keeping, _plans[keeping].pop(prepared))


def _kept(prepared: Prepared, keeping: bool, plan: Plan | None) -> Plan | None:
    plans = _plans[keeping]
    plans[prepared] = plan
    while len(plans) > MOST_PLANS:
        plans.pop(next(iter(plans)), None)
    return plan
