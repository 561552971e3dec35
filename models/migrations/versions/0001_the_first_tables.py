"""the first tables.

Revision ID: 0001
Revises:
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "vendor_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("story_id", sa.Uuid(), nullable=True),
        sa.Column("character_id", sa.Uuid(), nullable=True),
        sa.Column("step_key", sa.String(60), nullable=False),
        sa.Column("step_version", sa.Integer(), nullable=False),
        sa.Column("vendor", sa.String(40), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "OK",
                "REFUSED",
                "BUSY",
                "STALLED",
                "UNUSABLE",
                "CLOSED",
                "ABANDONED",
                name="calloutcome",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("usage", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_calls")),
    )
    op.create_index(op.f("ix_vendor_calls_started_at"), "vendor_calls", ["started_at"], unique=False)
    op.create_index("vendor_calls_of_story", "vendor_calls", ["story_id", "started_at"], unique=False)
    op.create_table(
        "characters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("appearance", sa.String(1000), nullable=False),
        sa.Column("personality", sa.String(1000), nullable=True),
        sa.Column("portrait", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column(
            "portrait_status",
            sa.Enum(
                "WAITING", "WORKING", "READY", "FAILED", "SKIPPED", name="partstatus", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("portrait_version", sa.Integer(), nullable=False),
        sa.Column("portrait_lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("portrait_failures", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_characters_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_characters")),
    )
    op.create_index("characters_of_account", "characters", ["account_id", "created_at", "id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sign_ins_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_account_id"), "sign_ins", ["account_id"], unique=False)
    op.create_table(
        "stories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=True),
        sa.Column("premise", sa.String(2000), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "QUEUED",
                "GENERATING",
                "READY",
                "INCOMPLETE",
                "FAILED",
                "CANCELLED",
                name="storystatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "age_band",
            sa.Enum("AGES_0_2", "AGES_3_5", "AGES_6_8", "AGES_9_12", name="ageband", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("art_style", sa.String(40), nullable=False),
        sa.Column("voice", sa.String(120), nullable=True),
        sa.Column("narrated", sa.Boolean(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("writer", sa.String(40), nullable=False),
        sa.Column("painter", sa.String(40), nullable=False),
        sa.Column("narrator", sa.String(40), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("takeovers", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_stories_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index(
        "stories_by_title",
        "stories",
        ["account_id", sa.literal_column("lower(coalesce(title, ''))"), "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "stories_newest",
        "stories",
        ["account_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "stories_under_way",
        "stories",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("status IN ('QUEUED', 'GENERATING')"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Enum("EVENT", "ASK", name="outboxkind", native_enum=False, length=32), nullable=False),
        sa.Column("story_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_outbox_story_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("outbox_sent", "outbox", ["sent_at"], unique=False, postgresql_where=sa.text("sent_at IS NOT NULL"))
    op.create_index("outbox_unsent", "outbox", ["id"], unique=False, postgresql_where=sa.text("sent_at IS NULL"))
    op.create_index(
        "outbox_unsent_of_story",
        "outbox",
        ["story_id", "id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("story_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column(
            "text_status",
            sa.Enum(
                "WAITING", "WORKING", "READY", "FAILED", "SKIPPED", name="partstatus", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("image", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column(
            "image_status",
            sa.Enum(
                "WAITING", "WORKING", "READY", "FAILED", "SKIPPED", name="partstatus", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("audio", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("words", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column(
            "audio_status",
            sa.Enum(
                "WAITING", "WORKING", "READY", "FAILED", "SKIPPED", name="partstatus", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_pages_story_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("story_id", "number", name=op.f("uq_pages_story_id_number")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sign_in_id"], ["sign_ins.id"], name=op.f("fk_refresh_tokens_sign_in_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_sign_in_id"), "refresh_tokens", ["sign_in_id"], unique=False)
    op.create_table(
        "steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("story_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("WAITING", "WORKING", "DONE", "FAILED", "SKIPPED", name="stepstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stalls", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("instruction", sa.String(), nullable=True),
        sa.Column("input_hash", sa.String(), nullable=True),
        sa.Column("vendor_handle", sa.String(), nullable=True),
        sa.Column("output", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_steps_story_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
        sa.UniqueConstraint("story_id", "key", "version", name=op.f("uq_steps_story_id_key_version")),
    )
    op.create_table(
        "story_characters",
        sa.Column("story_id", sa.Uuid(), nullable=False),
        sa.Column("character_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["character_id"], ["characters.id"], name=op.f("fk_story_characters_character_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_story_characters_story_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("story_id", "character_id", name=op.f("pk_story_characters")),
    )
    op.create_index(op.f("ix_story_characters_character_id"), "story_characters", ["character_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_story_characters_character_id"), table_name="story_characters")
    op.drop_table("story_characters")
    op.drop_table("steps")
    op.drop_index(op.f("ix_refresh_tokens_sign_in_id"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_table("pages")
    op.drop_index("outbox_unsent_of_story", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_index("outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_index("outbox_sent", table_name="outbox", postgresql_where=sa.text("sent_at IS NOT NULL"))
    op.drop_table("outbox")
    op.drop_index(
        "stories_under_way", table_name="stories", postgresql_where=sa.text("status IN ('QUEUED', 'GENERATING')")
    )
    op.drop_index("stories_newest", table_name="stories", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("stories_by_title", table_name="stories", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("stories")
    op.drop_index(op.f("ix_sign_ins_account_id"), table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index("characters_of_account", table_name="characters")
    op.drop_table("characters")
    op.drop_index("vendor_calls_of_story", table_name="vendor_calls")
    op.drop_index(op.f("ix_vendor_calls_started_at"), table_name="vendor_calls")
    op.drop_table("vendor_calls")
    op.drop_table("accounts")
