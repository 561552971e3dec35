"""keys, sessions and letters.

Revision ID: 0005
Revises: 0004
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.Enum("LIVE", "SANDBOX", name="apikeykind", native_enum=False, length=32), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_consents_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "version", name=op.f("pk_consents")),
    )
    op.create_table(
        "email_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", _errand_kind(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_email_tokens_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_email_tokens")),
    )
    op.create_index(op.f("ix_email_tokens_account_id"), "email_tokens", ["account_id"], unique=False)
    op.create_index(op.f("ix_email_tokens_expires_at"), "email_tokens", ["expires_at"], unique=False)
    op.create_table(
        "errands",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _errand_kind(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column(
            "status",
            sa.Enum("WAITING", "WORKING", "DONE", "FAILED", name="errandstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=True),
        sa.Column("outcome", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_errands_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errands")),
    )
    op.create_index(op.f("ix_errands_account_id"), "errands", ["account_id"], unique=False)
    op.create_index(op.f("ix_errands_finished_at"), "errands", ["finished_at"], unique=False)
    op.create_index("errands_due", "errands", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL"))
    op.add_column("accounts", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_ins", sa.Column("client", sa.String(200), nullable=True))
    op.add_column(
        "sign_ins",
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index(op.f("ix_sign_ins_expires_at"), "sign_ins", ["expires_at"], unique=False)
    for table in ("stories", "characters"):
        # The default is for a process of the version before, which may still run.
        op.add_column(table, sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()))


def _errand_kind() -> sa.Enum:
    kinds = ("VERIFY_EMAIL", "RESET_PASSWORD", "DELETE_ACCOUNT", "EXPORT_DATA")
    return sa.Enum(*kinds, name="errandkind", native_enum=False, length=32)


def downgrade() -> None:
    op.drop_column("characters", "sandbox")
    op.drop_column("stories", "sandbox")
    op.drop_index(op.f("ix_sign_ins_expires_at"), table_name="sign_ins")
    op.drop_column("sign_ins", "last_used_at")
    op.drop_column("sign_ins", "client")
    op.drop_column("accounts", "deleted_at")
    op.drop_column("accounts", "email_verified_at")
    op.drop_index("errands_due", table_name="errands", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index(op.f("ix_errands_finished_at"), table_name="errands")
    op.drop_index(op.f("ix_errands_account_id"), table_name="errands")
    op.drop_table("errands")
    op.drop_index(op.f("ix_email_tokens_expires_at"), table_name="email_tokens")
    op.drop_index(op.f("ix_email_tokens_account_id"), table_name="email_tokens")
    op.drop_table("email_tokens")
    op.drop_table("consents")
    op.drop_index(op.f("ix_api_keys_account_id"), table_name="api_keys")
    op.drop_table("api_keys")
