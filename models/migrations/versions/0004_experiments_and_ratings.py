"""experiments and ratings.

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "experiment_arms",
        sa.Column("experiment", sa.String(40), nullable=False),
        sa.Column("arm", sa.String(120), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_experiment_arms_weight")),
        sa.PrimaryKeyConstraint("experiment", "arm", name=op.f("pk_experiment_arms")),
    )
    op.create_table(
        "assignments",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("arm", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_assignments_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_assignments")),
    )
    # Stories of a process of the version before, which may still run, are in no arm.
    op.add_column("stories", sa.Column("arms", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.add_column("stories", sa.Column("rating", sa.Integer(), nullable=True))
    op.add_column("stories", sa.Column("first_words_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("stories", sa.Column("whole_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_stories_rating"), "stories", "rating BETWEEN 1 AND 5")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_stories_rating"), "stories")
    op.drop_column("stories", "whole_at")
    op.drop_column("stories", "first_words_at")
    op.drop_column("stories", "rating")
    op.drop_column("stories", "arms")
    op.drop_table("assignments")
    op.drop_table("experiment_arms")
