"""money.

Revision ID: 0006
Revises: 0005
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_STATES = ("WAITING", "ACTIVE", "PAST_DUE", "PAUSED", "ENDED")


def upgrade() -> None:
    # The defaults are for a process of the version before, which may still run.
    op.add_column("accounts", sa.Column("drawn", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("frozen", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "customers",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_customers_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(
        "customer_of_account", "customers", ["account_id"], unique=True, postgresql_where=sa.text("gone_at IS NULL")
    )
    op.create_table(
        "checkouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(255), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_checkouts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkouts")),
        sa.UniqueConstraint("session_id", name=op.f("uq_checkouts_session_id")),
    )
    op.create_index("checkouts_open", "checkouts", ["account_id"], postgresql_where=sa.text("closed_at IS NULL"))
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("plan", sa.String(40), nullable=True),
        sa.Column("state", sa.Enum(*_STATES, name="subscriptionstate", native_enum=False, length=32), nullable=False),
        sa.Column("renews_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancels_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_subscriptions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_account_id"), "subscriptions", ["account_id"], unique=False)
    _create_payments()
    op.create_table(
        "heard_events",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(255), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heard_events")),
    )
    op.create_index(op.f("ix_heard_events_heard_at"), "heard_events", ["heard_at"], unique=False)
    op.add_column("errands", sa.Column("subject", sa.String(300), nullable=True))
    op.create_index(
        "errands_waiting_for_subject", "errands", ["subject"], postgresql_where=sa.text("status = 'WAITING'")
    )
    op.create_index(
        "errands_one_reconciliation", "errands", ["kind"], unique=True, postgresql_where=sa.text("kind = 'RECONCILE'")
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.String(255), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("refunded_minor", sa.Integer(), nullable=False),
        sa.Column("due_back", sa.Integer(), nullable=False),
        sa.Column("taken_back", sa.Integer(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_payments_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index(op.f("ix_payments_account_id"), "payments", ["account_id"], unique=False)
    op.create_index(op.f("ix_payments_created_at"), "payments", ["created_at"], unique=False)
    op.create_table(
        "monthly_lots",
        sa.Column("subscription_id", sa.String(255), nullable=False),
        sa.Column("month_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('"left" >= 0 AND "left" <= credits', name=op.f("ck_monthly_lots_left")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_monthly_lots_account_id")),
        sa.PrimaryKeyConstraint("subscription_id", "month_ends_at", name=op.f("pk_monthly_lots")),
    )
    op.create_index(op.f("ix_monthly_lots_account_id"), "monthly_lots", ["account_id"], unique=False)
    op.create_index(op.f("ix_monthly_lots_ends_at"), "monthly_lots", ["ends_at"], unique=False)


def downgrade() -> None:
    op.drop_index("errands_one_reconciliation", table_name="errands", postgresql_where=sa.text("kind = 'RECONCILE'"))
    op.drop_index("errands_waiting_for_subject", table_name="errands", postgresql_where=sa.text("status = 'WAITING'"))
    op.execute("DELETE FROM errands WHERE kind IN ('SETTLE_PAYMENT', 'END_SUBSCRIPTIONS', 'RECONCILE')")
    op.drop_column("errands", "subject")
    for table in ("heard_events", "monthly_lots", "payments", "subscriptions", "checkouts", "customers"):
        op.drop_table(table)
    op.drop_column("accounts", "frozen")
    op.drop_column("accounts", "drawn")
