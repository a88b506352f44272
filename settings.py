"""What differs between one deployment and the next: environment variables `REMIT_*`, typed.

Only the composition roots (`cli`, `worker`) and `temporal_connection` read it; everything else is handed what it needs.
"""

import os
import warnings
import zoneinfo
from collections.abc import Sequence
from importlib.metadata import version
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

import tzdata
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from telemetry.logs import LogFormat

_SECRETS_DIR, _DATABASE_URL = "REMIT_SECRETS_DIR", "REMIT_DATABASE_URL"
Serving = Literal["commands", "deliveries", "projections"]
"""What a worker does: conduct instructions; send what is held, handed over or composed; keep read models and sign checkpoints."""


def _listed(value: object) -> object:
    """`a, b` as a list."""
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else value


_Listed = BeforeValidator(_listed)


class Settings(BaseSettings):
    """The settings of one process. `Settings()` reads them from the environment.

    Raises:
        pydantic.ValidationError: a variable is missing or does not make sense.
        pydantic_settings.SettingsError: the folder of secrets, or a file in it, cannot be read.
    """

    model_config = SettingsConfigDict(
        env_prefix="REMIT_", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, then the environment, then the files of the folder that it names."""
        del dotenv_settings, file_secret_settings
        return (init_settings, env_settings, *_secret_files(settings_cls))

    secrets_dir: Path | None = Field(
        default=None,
        description="folder with a file for each setting that is not to stand in the environment, such as "
        "`remit_database_url`; what the environment says goes before",
    )
    database_url: str = Field(
        repr=False, description="PostgreSQL, as postgresql://user:password@host:port/database"
    )
    database_pool_size: int = Field(
        default=10,
        ge=1,
        description="database connections that a worker's log holds at most, and those of a web process to the read models",
    )
    read_database_url: str | None = Field(
        default=None,
        repr=False,
        description="replica of that database, which the web asks for lists, figures and pages; unset, the database itself",
    )
    temporal_address: str = Field(
        default="127.0.0.1:7233", description="Temporal's gRPC frontend, as host:port"
    )
    temporal_namespace: str = Field(default="default", description="Temporal namespace")
    temporal_ui_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Temporal's own pages, as people reach them: `https://temporal.example.org`; unset, none are linked to",
    )
    temporal_task_queue: str = Field(
        default="remit",
        description="task queue of commands; that of deliveries has `-deliveries` behind it",
    )
    worker_serves: Annotated[tuple[Serving, ...], NoDecode, _Listed] = Field(
        default=get_args(Serving),
        min_length=1,
        description="what `remit worker` does: commands, deliveries, projections, or several; workers of each kind are needed",
    )
    worker_deployment: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9/_-]{1,100}$",
        description="name of the deployment whose versions Temporal keeps workers apart by, such as `remit`: an instruction stays "
        "with the version that began its run until that continues as new; unset, any worker takes any",
    )
    worker_build_id: str = Field(
        default_factory=lambda: version("remit"),
        pattern=r"^[A-Za-z0-9._+-]{1,100}$",
        description="which version of them this worker is; unset, the version of Remit",
    )
    worker_moves: int = Field(
        default=300,
        ge=1,
        description="instructions that the watchdog tells in a minute to move to the current version of the workers; commands that "
        "come meanwhile wait for no more than these",
    )
    temporal_api_key: SecretStr | None = Field(
        default=None, description="Temporal API key; unset where the cluster asks for none"
    )
    temporal_tls: bool | None = Field(
        default=None,
        description="speak TLS to Temporal; unset, where there is an API key. With one, `false` is for this machine alone",
    )
    temporal_tls_client_certificate_file: Path | None = Field(
        default=None, description="PEM file of the certificate by which Temporal knows this process"
    )
    temporal_tls_client_key_file: Path | None = Field(
        default=None, description="PEM file of that certificate's private key, not encrypted"
    )
    temporal_tls_server_ca_file: Path | None = Field(
        default=None,
        description="PEM file of who issues Temporal's certificate; unset, the machine's own list counts",
    )
    temporal_tls_server_name: str | None = Field(
        default=None,
        description="name that Temporal's certificate must have; unset, the host of its address",
    )
    temporal_encryption_keys_file: Path | None = Field(
        default=None,
        description="file of the keys by which commands and answers are encrypted in Temporal (`remit keys make`); "
        "the same for the web, all workers and the command line; unset, they are not",
    )
    identity_key_file: Path | None = Field(
        default=None,
        description="file of the keys by which a worker knows that a command's sender was authenticated "
        "(`remit keys make`); the web and all workers share it; unset, no such command is taken",
    )
    clock_skew_seconds: float = Field(
        default=120,
        gt=0,
        le=3_153_600_000,
        description="by which the clocks of Temporal and of workers may differ: what lies further ahead is not recorded; "
        "more where time is skipped on purpose",
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
    oidc_issuer: str | None = Field(
        default=None,
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))",
        description="OpenID issuer that people sign in at, by https; unset, nobody signs in by a browser",
    )
    oidc_client_id: str = Field(default="remit", description="what Remit is called there")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="its secret there; unset for a public client"
    )
    oidc_audience: str | None = Field(
        default=None,
        description="audience of the issuer's access tokens that programs may send; unset, none is taken",
    )
    oidc_person_claim: str = Field(
        default="sub", description="claim of the issuer's tokens that is the person's opaque id"
    )
    session_hours: float = Field(
        default=12, gt=0, le=24 * 30, description="hours after which a browser's session ends"
    )
    session_idle_minutes: float = Field(
        default=60, ge=5, description="minutes without a request after which it ends before"
    )
    session_key_file: Path | None = Field(
        default=None,
        description="file of 32 random bytes or more that sign what a browser keeps while it signs in; needed where "
        "several processes answer; unset, each makes one",
    )
    web_hosts: Annotated[tuple[str, ...], NoDecode, _Listed] = Field(
        default=(),
        description="further names, without port, that it answers for: besides that of web_url, web_host, "
        "localhost, and the address that a connection came to",
    )
    web_trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, _Listed] = (
        Field(
            default=(),
            description="networks of the proxies before it, whose X-Forwarded-For and X-Forwarded-Proto are "
            "believed: 10.1.0.7/32; nobody else's are",
        )
    )
    web_connections: int = Field(default=1000, ge=1, description="connections at once")
    web_body_bytes: int = Field(
        default=1 << 20,
        ge=1024,
        description="bytes of a request's body, files of evidence left out",
    )
    web_body_seconds: float = Field(
        default=60, gt=0, description="seconds that such a body may be waited for"
    )
    web_request_seconds: float = Field(
        default=30,
        gt=0,
        description="seconds that the work on a request may take; streams have no end",
    )
    web_requests_per_address: int = Field(
        default=1200,
        ge=1,
        description="requests a minute from one address, before it is known whose",
    )
    web_requests_per_person: int = Field(
        default=600, ge=1, description="requests a minute of one person"
    )
    web_failures_per_address: int = Field(
        default=20, ge=1, description="credentials refused, from one address in five minutes"
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
    log_format: LogFormat = Field(
        default="text", description="lines of the log for people (text) or for programs (json)"
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="address that figures and health are answered on"
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="its port, one for each process; 0 for any free one; unset, they are not answered",
    )
    metrics_seconds: float = Field(
        default=15, ge=0, description="seconds for which the database's figures are not asked again"
    )
    temporal_metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="port on the same address for the figures of Temporal's SDK; unset, none",
    )
    otlp_endpoint: str | None = Field(
        default_factory=lambda: os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        description="collector that traces are sent to by OTLP over HTTP, as http://host:4318; unset, "
        "what OTEL_EXPORTER_OTLP_ENDPOINT says, else none",
    )
    heartbeat_url: SecretStr | None = Field(
        default=None,
        description="address outside that a worker calls while all is well, such as a check of healthchecks.io",
    )
    heartbeat_seconds: float = Field(
        default=60, ge=1, description="seconds from one call to the next"
    )
    heartbeat_lag_seconds: float = Field(
        default=300,
        ge=1,
        description="for how long a read model may be behind before all is not well",
    )
    heartbeat_unsent_seconds: float = Field(
        default=3600, ge=1, description="for how long a notice may be unsent before all is not well"
    )


def secrets_of(settings: Settings) -> list[str]:
    """What must not be shown: the database's password and every secret setting."""
    found = [
        value.get_secret_value()
        for name in type(settings).model_fields
        if isinstance(value := getattr(settings, name), SecretStr)
    ]
    for url in (settings.database_url, settings.read_database_url):
        found += _secrets_of_url(url) if url else ()
    return found


def _secrets_of_url(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    in_query = [
        value for key, value in parse_qsl(parts.query) if key in ("password", "sslpassword")
    ]
    password = parts.password or ""
    return [*in_query, password, unquote(password)]


class SecretFiles(SecretsSettingsSource):
    """Files named as the variables would be, in small letters or large."""

    def __call__(self) -> dict[str, Any]:
        """Raises `SettingsError`; what is in the files it does not show."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "error"
                )  # of what it would pass over: a secret is not left out
                return super().__call__()
        except SettingsError as error:
            raise SettingsError(f"{error}{_reason(error.__cause__)}") from None


def _reason(cause: BaseException | None) -> str:
    match cause:
        case OSError():
            return f": {cause.strerror}"
        case UnicodeError():
            return ": it is no text"
        case UserWarning():
            return f": {cause}"
        case _:
            return ""


def _secret_files(of: type[BaseSettings]) -> Sequence[PydanticBaseSettingsSource]:
    named = os.environ.get(_SECRETS_DIR)
    if not named:
        return ()
    if not Path(named).is_dir():
        raise SettingsError(f"{_SECRETS_DIR} names no folder: {named}")
    return (SecretFiles(of, secrets_dir=named),)


def database_is_named() -> bool:
    """Whether the environment, or a file of the folder of secrets, says which database it is: then all else is
    to be found there too.
    """
    if os.environ.get(_DATABASE_URL):
        return True
    named = os.environ.get(_SECRETS_DIR)
    if not named:
        return False
    try:
        return any(file.name.upper() == _DATABASE_URL for file in Path(named).iterdir())
    except OSError:
        return True  # `Settings` tells what is wrong with it


def use_bundled_time_zones() -> str:
    """Compute with the pinned tzdata package, not the machine's files; returns its version.

    Computed instants are recorded with this version, so every process must use the same one.
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    return tzdata.IANA_VERSION
