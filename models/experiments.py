"""Experiments: which arms they have, and in which of them each account is.

An experiment asks who of several vendors makes the better books. Its name is what it decides, `writer` or `voice`; its
arms are names that stories carry. An account stays in its arm for as long as the experiment has it, whatever becomes of
the weights, so that a family's books do not change hands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime
from models.weights import arm_for

WRITER, VOICE = "writer", "voice"
EXPERIMENTS = (WRITER, VOICE)


class Arm(SQLModel, table=True):
    """One arm of an experiment that an operator has set; what the settings say of an experiment is then not heard."""

    __tablename__ = "experiment_arms"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (CheckConstraint("weight >= 0", name="weight"),)

    experiment: str = Field(primary_key=True, max_length=40)
    arm: str = Field(primary_key=True, max_length=120)
    weight: int


class Assignment(SQLModel, table=True):
    """In which arm an account is. `place` is the experiment's name, for voices with their language: `voice:en`."""

    __tablename__ = "assignments"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True))
    place: str = Field(primary_key=True, max_length=80)
    arm: str = Field(max_length=120)
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))


async def arms_of(session: Session) -> dict[str, dict[str, int]]:
    """Arms and weights of every experiment that an operator has set, by its name."""
    found = await session.execute(select(Arm).order_by(col(Arm.experiment), col(Arm.arm)))
    experiments: dict[str, dict[str, int]] = {}
    for row in found.scalars():
        experiments.setdefault(row.experiment, {})[row.arm] = row.weight
    return experiments


async def set_arms(session: Session, experiment: str, weights: Mapping[str, int]) -> None:
    """Puts these arms in the place of those that the experiment has; none at all gives it back to the settings."""
    await session.execute(delete(Arm).where(col(Arm.experiment) == experiment))
    session.add_all([Arm(experiment=experiment, arm=arm, weight=weight) for arm, weight in weights.items()])
    await session.flush()


async def arm_of(
    session: Session, account_id: UUID, place: str, weights: Mapping[str, int], among: Collection[str]
) -> str | None:
    """The arm in which the account is, of those that are there (`among`); puts one that is in none yet into one.

    None where the account's arm is not there or not part of the experiment any more, or none takes new accounts.
    """
    found = await session.execute(
        select(col(Assignment.arm)).where(col(Assignment.account_id) == account_id, col(Assignment.place) == place)
    )
    arm = found.scalar_one_or_none()
    if arm is None:
        arm = arm_for(account_id, place, {arm: weight for arm, weight in weights.items() if arm in among})
        if arm is None:
            return None
        arm = await _assign(session, account_id, place, arm)
    return arm if arm in weights and arm in among else None


async def _assign(session: Session, account_id: UUID, place: str, arm: str) -> str:
    """Puts the account into an arm; gives the one it is in by now, should somebody have been faster."""
    row = insert(Assignment).values(account_id=account_id, place=place, arm=arm)
    kept = row.on_conflict_do_update(index_elements=["account_id", "place"], set_={"arm": col(Assignment.arm)})
    found = await session.execute(kept.returning(col(Assignment.arm)))
    return found.scalar_one()
