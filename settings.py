"""What differs between one deployment and the next: environment variables `REMIT_*`, typed.

Only the composition roots (`cli`, `worker`) read it; everything else is handed what it needs.
"""

import zoneinfo
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, get_args

import tzdata
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Serving = Literal["commands", "deliveries"]
"""What a worker does: conduct instructions, or send what is held, handed over or composed."""


def _listed(value: object) -> object:
    """`a, b` as a list."""
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else value


_Listed = BeforeValidator(_listed)


class Settings(BaseSettings):
    """The settings of one process. `Settings()` reads them from the environment.

    Raises:
        pydantic.ValidationError: a variable is missing or does not make sense.
    """

    model_config = SettingsConfigDict(env_prefix="REMIT_", frozen=True, env_ignore_empty=True)

    database_url: str = Field(
        repr=False, description="PostgreSQL, as postgresql://user:password@host:port/database"
    )
    database_pool_size: int = Field(
        default=10, ge=1, description="database connections that a worker's log holds at most"
    )
    temporal_address: str = Field(
        default="127.0.0.1:7233", description="Temporal's gRPC frontend, as host:port"
    )
    temporal_namespace: str = Field(default="default", description="Temporal namespace")
    temporal_task_queue: str = Field(
        default="remit",
        description="task queue of commands; that of deliveries has `-deliveries` behind it",
    )
    worker_serves: Annotated[tuple[Serving, ...], NoDecode, _Listed] = Field(
        default=get_args(Serving),
        min_length=1,
        description="what `remit worker` does: commands, deliveries, or both; workers of either kind are needed",
    )
    temporal_api_key: SecretStr | None = Field(
        default=None, description="Temporal API key; unset where the cluster asks for none"
    )
    temporal_tls: bool = Field(default=False, description="speak TLS to Temporal")
    identity_key_file: Path | None = Field(
        default=None,
        description="file of the keys by which a worker knows that a command's sender was authenticated "
        "(`remit keys make`); the web and all workers share it; unset, no such command is taken",
    )
    asserted_commands: bool = Field(
        default=True,
        description="whether workers take commands whose sender only says who they are, as the command line's are",
    )
    sendings_in_doubt: int = Field(
        default=1,
        ge=1,
        description="messages of one worker that may be accepted and not recorded yet: so many may go out "
        "twice if it is killed; more where receivers are slow to answer and many notices fall due at once",
    )
    smtp_host: str | None = Field(
        default=None, description="mail server; unset, notices by e-mail are suppressed, and say so"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="mail server's port")
    smtp_username: str | None = Field(
        default=None, description="mail server's account; unset, no login is made"
    )
    smtp_password: SecretStr | None = Field(default=None, description="that account's password")
    smtp_starttls: bool = Field(default=True, description="insist on STARTTLS before the login")
    mail_from: str = Field(
        default="remit@localhost", description="sender's address of the notices sent by e-mail"
    )
    webhook_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, _Listed] = Field(
        default=(),
        description="networks that are not public and that webhooks may lead to all the same, also "
        "without TLS: 10.1.0.0/16,127.0.0.1/32",
    )
    notice_source: str = Field(
        default="urn:remit", description="URI that names this Remit in what webhooks are sent"
    )
    apprise_services: Annotated[tuple[str, ...], NoDecode, _Listed] = Field(
        default=(),
        description="other services that notices may go by, by apprise's schemes: tgram,ntfys; unset, none",
    )
    web_host: str = Field(default="127.0.0.1", description="address that `remit web` listens on")
    web_port: int = Field(default=8080, ge=0, le=65535, description="its port; 0 for any free one")
    web_url: str | None = Field(
        default=None,
        description="where people reach it, as http(s)://host; unset, web_host and web_port",
    )
    web_file_bytes: int = Field(
        default=100 * 2**20,
        ge=1,
        le=2**40,
        description="bytes that a file attached over HTTP may have",
    )
    evidence_url: str | None = Field(
        default=None,
        description="where evidence is kept: file:///folder, or "
        "s3://bucket/prefix?endpoint=URL&region=NAME; needed to attach, list and fetch it",
    )
    evidence_access_key: str | None = Field(
        default=None,
        description="access key of the S3 account; unset, the machine's own identity with Amazon",
    )
    evidence_secret_key: SecretStr | None = Field(
        default=None, description="that account's secret key"
    )
    audit_key_file: Path | None = Field(
        default=None,
        description="file of the key that signs checkpoints (`remit audit key` makes it); unset, none is signed",
    )
    audit_public_key: str | None = Field(
        default=None,
        description="the verifier key, name+hash+base64; unset, the public half of the key in the file",
    )
    audit_url: str | None = Field(
        default=None,
        description="where checkpoints are kept outside the database: file:///folder, or "
        "s3://bucket/prefix?endpoint=URL&region=NAME",
    )
    audit_access_key: str | None = Field(
        default=None,
        description="access key of that S3 account; unset, the machine's own identity with Amazon",
    )
    audit_secret_key: SecretStr | None = Field(
        default=None, description="that account's secret key"
    )
    audit_checkpoint_seconds: float = Field(
        default=60, ge=1, description="seconds from one checkpoint of a worker to the next"
    )


def use_bundled_time_zones() -> str:
    """Compute with the pinned tzdata package, not the machine's files; returns its version.

    Computed instants are recorded with this version, so every process must use the same one.
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    return tzdata.IANA_VERSION
