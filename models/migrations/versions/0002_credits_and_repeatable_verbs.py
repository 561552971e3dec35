"""credits and repeatable verbs.

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

APPEND_ONLY = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)
# Accounts from before there were credits get what a new one gets by default.
EARLIER_ACCOUNTS = (
    """
    INSERT INTO ledger (account_id, kind, credits, cause, key)
        SELECT id, 'GRANT', 100, 'SIGN_UP', 'sign-up:' || id FROM accounts
    """,
    "UPDATE accounts SET granted = 100, available = 100",
)


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_idempotency_keys_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("GRANT", "RESERVE", "CAPTURE", "RELEASE", name="ledgerkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "SIGN_UP",
                "STORY",
                "RESUME",
                "REDO",
                "EDIT",
                "PART",
                "END",
                "CANCEL",
                name="cause",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("story_id", sa.Uuid(), nullable=True),
        sa.Column("step_key", sa.String(60), nullable=True),
        sa.Column("step_version", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("credits > 0", name=op.f("ck_ledger_credits")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ledger_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_key")),
    )
    op.create_index("ledger_of_account", "ledger", ["account_id", "id"], unique=False)
    _add_number("accounts", "granted")
    _add_number("accounts", "available")
    _add_number("accounts", "reserved")
    _add_number("accounts", "spent")
    _add_number("steps", "price")
    _add_number("stories", "reserved")
    op.create_index(
        "stories_removed", "stories", ["deleted_at"], unique=False, postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    for statement in (*APPEND_ONLY, *EARLIER_ACCOUNTS):
        op.execute(statement)
    op.create_check_constraint(op.f("ck_accounts_credits_add_up"), "accounts", "available + reserved + spent = granted")
    op.create_check_constraint(
        op.f("ck_accounts_no_pot_below_zero"), "accounts", "available >= 0 AND reserved >= 0 AND spent >= 0"
    )
    op.create_check_constraint(op.f("ck_stories_reserved"), "stories", "reserved >= 0")


def _add_number(table: str, column: str) -> None:
    """Zero for every row that is there, and for those of a process of the version before, which may still run."""
    op.add_column(table, sa.Column(column, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_stories_reserved"), "stories")
    op.drop_constraint(op.f("ck_accounts_no_pot_below_zero"), "accounts")
    op.drop_constraint(op.f("ck_accounts_credits_add_up"), "accounts")
    op.drop_index("stories_removed", table_name="stories", postgresql_where=sa.text("deleted_at IS NOT NULL"))
    op.drop_column("stories", "reserved")
    op.drop_column("steps", "price")
    op.drop_column("accounts", "spent")
    op.drop_column("accounts", "reserved")
    op.drop_column("accounts", "available")
    op.drop_column("accounts", "granted")
    op.drop_index("ledger_of_account", table_name="ledger")
    op.drop_table("ledger")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.execute("DROP FUNCTION refuse_change()")
