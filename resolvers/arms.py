"""Which arm of an experiment makes a story, asked through OpenFeature of a provider of our own.

A flag's key is what is decided: `writer`, or `voice:en` for the voices of a language. Its value is the name of an arm;
`variant` is empty where the account is in no arm, and the value is then the default. This is the only module that knows
OpenFeature: another provider, of a service that an operator already has, would be set here.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn, cast
from uuid import UUID, uuid4

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode, GeneralError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata
from openfeature.provider.no_op_provider import NoOpProvider

from models import experiments
from models.database import Database

Weights = Mapping[str, int]


class Experiments:
    """In which arm an account is. A failure to find that out is logged, and gives the default."""

    def __init__(self, client: OpenFeatureClient) -> None:
        self._client = client

    async def arm(self, key: str, account_id: UUID, among: Sequence[str]) -> str | None:
        """The account's arm of those that are there (`among`); None where the default is to be taken."""
        context = EvaluationContext(str(account_id), {"among": among})
        return (await self._client.get_string_details_async(key, "", context)).variant


@contextmanager
def open_experiments(database: Database, configured: Mapping[str, Weights]) -> Generator[Experiments]:
    """`configured` are the arms and weights that the settings give an experiment, by its name."""
    # OpenFeature keeps providers by domain for the whole process; a process of the tests has several of ours.
    domain = f"storycanvas-{uuid4()}"
    api.set_provider_and_wait(TableProvider(database, configured), domain)
    try:
        yield Experiments(api.get_client(domain))
    finally:
        api.set_provider_and_wait(NoOpProvider(), domain)


class TableProvider(AbstractProvider):
    """Resolves strings from the tables, asynchronously; whoever asks otherwise gets an error."""

    def __init__(self, database: Database, configured: Mapping[str, Weights]) -> None:
        super().__init__()
        self._database = database
        self._configured = configured

    def get_metadata(self) -> Metadata:
        return Metadata("storycanvas")

    async def resolve_string_details_async(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """`targeting_key` is the account's id, the attribute `among` holds the arms that are there."""
        context = evaluation_context or EvaluationContext()
        if context.targeting_key is None:
            raise GeneralError(ErrorCode.TARGETING_KEY_MISSING)
        arm = await self._arm(flag_key, UUID(context.targeting_key), cast(Sequence[str], context.attributes["among"]))
        if arm is None:
            return FlagResolutionDetails(default_value, reason=Reason.DEFAULT)
        return FlagResolutionDetails(arm, variant=arm, reason=Reason.SPLIT)

    async def _arm(self, place: str, account_id: UUID, among: Sequence[str]) -> str | None:
        name = place.partition(":")[0]
        async with self._database.reading() as session:
            weights = (await experiments.arms_of(session)).get(name) or self._configured.get(name)
        if not weights:
            return None
        async with self._database.session() as session:
            arm = await experiments.arm_of(session, account_id, place, weights, among)
            await session.commit()
        return arm

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        _refuse()

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        _refuse()

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        _refuse()

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        _refuse()

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        _refuse()


def _refuse() -> NoReturn:
    raise GeneralError("arms are strings, and asked for asynchronously")
