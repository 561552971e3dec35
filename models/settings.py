"""Everything that an operator may set, from the environment. Read only at the doors.

The doors are api, jobs.worker and jobs.providers; everybody else is given values.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.weights import parse_weights

Seconds = Annotated[float, Field(gt=0)]


def _readable(weights: str) -> str:
    """Raises ValueError for what parse_weights can't read."""
    parse_weights(weights)
    return weights


Weights = Annotated[str, AfterValidator(_readable)]
"""`arm=weight,arm=weight`, for parse_weights."""


def _own(name: str) -> AliasChoices:
    return AliasChoices(f"STORYCANVAS_{name}")


class Settings(BaseSettings):
    """One attribute per variable; `.env.example` lists them all with the same defaults, held in step by a test."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    redis_url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")

    data: Path = Field(default=Path(".data"), validation_alias=_own("DATA"))
    host: str = Field(default="127.0.0.1", validation_alias=_own("HOST"))
    port: int = Field(default=8000, ge=0, le=65535, validation_alias=_own("PORT"))
    public_url: str | None = Field(default=None, validation_alias=_own("PUBLIC_URL"))
    allowed_origins: str = Field(default="", validation_alias=_own("ALLOWED_ORIGINS"))
    secret: SecretStr | None = Field(default=None, min_length=32, validation_alias=_own("SECRET"))
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", validation_alias=_own("LOG_LEVEL"))

    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    anthropic_api_key: SecretStr | None = Field(default=None, validation_alias="ANTHROPIC_API_KEY")
    anthropic_base_url: str | None = Field(default=None, validation_alias="ANTHROPIC_BASE_URL")
    elevenlabs_api_key: SecretStr | None = Field(default=None, validation_alias="ELEVENLABS_API_KEY")
    elevenlabs_base_url: str | None = Field(default=None, validation_alias="ELEVENLABS_BASE_URL")
    writers: str = Field(default="", validation_alias=_own("WRITERS"))
    painters: str = Field(default="", validation_alias=_own("PAINTERS"))
    narrators: str = Field(default="", validation_alias=_own("NARRATORS"))

    stripe_secret_key: SecretStr | None = Field(default=None, validation_alias="STRIPE_SECRET_KEY")
    stripe_webhook_secret: SecretStr | None = Field(default=None, validation_alias="STRIPE_WEBHOOK_SECRET")
    stripe_prices: str = Field(default="", validation_alias="STRIPE_PRICES")
    stripe_base_url: str | None = Field(default=None, validation_alias="STRIPE_BASE_URL")
    writer_weights: Weights = Field(default="", validation_alias=_own("WRITER_WEIGHTS"))
    voice_weights: Weights = Field(default="", validation_alias=_own("VOICE_WEIGHTS"))

    smtp_url: SecretStr | None = Field(default=None, validation_alias=_own("SMTP_URL"))
    mail_from: str = Field(default="storycanvas@localhost", validation_alias=_own("MAIL_FROM"))

    vendor_patience_s: float = Field(default=600.0, ge=0, validation_alias=_own("VENDOR_PATIENCE_SECONDS"))
    daily_ceiling_usd: float = Field(default=50.0, ge=0, validation_alias=_own("DAILY_CEILING_USD"))

    s3_bucket: str | None = Field(default=None, validation_alias="S3_BUCKET")
    s3_endpoint_url: str | None = Field(default=None, validation_alias="S3_ENDPOINT_URL")
    aws_region: str = Field(default="us-east-1", validation_alias="AWS_REGION")
    aws_access_key_id: SecretStr | None = Field(default=None, validation_alias="AWS_ACCESS_KEY_ID")
    aws_secret_access_key: SecretStr | None = Field(default=None, validation_alias="AWS_SECRET_ACCESS_KEY")
    cdn_base_url: str | None = Field(default=None, validation_alias="CDN_BASE_URL")
    cdn_secret: SecretStr | None = Field(default=None, min_length=32, validation_alias="CDN_SECRET")

    offline_pace: float = Field(default=1.0, ge=0, validation_alias=_own("OFFLINE_PACE"))
    offline_processes: int = Field(default=2, ge=1, validation_alias=_own("OFFLINE_PROCESSES"))

    require_consent: bool = Field(default=False, validation_alias=_own("REQUIRE_CONSENT"))
    verify_email: bool = Field(default=False, validation_alias=_own("VERIFY_EMAIL"))
    signup_credits: int = Field(default=100, ge=0, validation_alias=_own("SIGNUP_CREDITS"))
    stories_at_once: int = Field(default=3, ge=1, validation_alias=_own("STORIES_AT_ONCE"))
    processes: int = Field(default=1, ge=1, le=64, validation_alias=_own("PROCESSES"))
    worker_stories: int = Field(default=50, ge=1, validation_alias=_own("WORKER_STORIES"))
    database_readers: int = Field(default=5, ge=1, validation_alias=_own("DATABASE_READERS"))
    kept_bytes: int = Field(default=16 * 1024 * 1024, ge=0, validation_alias=_own("KEPT_BYTES"))
    database_pool: int = Field(default=10, ge=1, validation_alias=_own("DATABASE_POOL"))

    access_token_s: int = Field(default=600, ge=1, validation_alias=_own("ACCESS_TOKEN_SECONDS"))
    account_tries: int = Field(default=10, ge=1, validation_alias=_own("ACCOUNT_TRIES"))
    address_tries: int = Field(default=100, ge=1, validation_alias=_own("ADDRESS_TRIES"))
    refresh_token_s: int = Field(default=30 * 24 * 3600, ge=1, validation_alias=_own("REFRESH_TOKEN_SECONDS"))

    trusted_proxies: str = Field(default="", validation_alias=_own("TRUSTED_PROXIES"))
    points_an_hour: int = Field(default=5000, ge=0, validation_alias=_own("POINTS_AN_HOUR"))
    mutation_points: int = Field(default=5, ge=1, validation_alias=_own("MUTATION_POINTS"))
    max_headers: int = Field(default=32 * 1024, ge=1024, validation_alias=_own("MAX_HEADERS"))
    max_body: int = Field(default=256 * 1024, ge=1024, validation_alias=_own("MAX_BODY"))
    headers_s: float = Field(default=10.0, gt=0, validation_alias=_own("HEADERS_SECONDS"))
    body_s: float = Field(default=20.0, gt=0, validation_alias=_own("BODY_SECONDS"))
    operation_s: float = Field(default=10.0, gt=0, validation_alias=_own("OPERATION_SECONDS"))
    max_document: int = Field(default=64 * 1024, ge=1024, validation_alias=_own("MAX_DOCUMENT"))
    max_tokens: int = Field(default=1000, ge=1, validation_alias=_own("MAX_TOKENS"))
    max_depth: int = Field(default=12, ge=1, validation_alias=_own("MAX_DEPTH"))
    max_aliases: int = Field(default=30, ge=0, validation_alias=_own("MAX_ALIASES"))
    max_directives: int = Field(default=50, ge=0, validation_alias=_own("MAX_DIRECTIVES"))
    max_root_fields: int = Field(default=20, ge=1, validation_alias=_own("MAX_ROOT_FIELDS"))
    max_mutations: int = Field(default=4, ge=1, validation_alias=_own("MAX_MUTATIONS"))
    max_nodes: int = Field(default=5000, ge=1, validation_alias=_own("MAX_NODES"))
    max_listed: int = Field(default=250, ge=1, validation_alias=_own("MAX_LISTED"))
    max_message: int = Field(default=64 * 1024, ge=1024, validation_alias=_own("MAX_MESSAGE"))
    socket_init_s: float = Field(default=5.0, gt=0, validation_alias=_own("SOCKET_INIT_SECONDS"))
    socket_operations: int = Field(default=20, ge=1, validation_alias=_own("SOCKET_OPERATIONS"))
    socket_messages: int = Field(default=200, ge=1, validation_alias=_own("SOCKET_MESSAGES"))

    @property
    def base_url(self) -> str:
        """Where clients reach us: what media URLs begin with."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
