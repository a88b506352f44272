"""Where objects are kept, as a URL."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from urllib.request import url2pathname

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config

Objects: TypeAlias = LocalStore | S3Store

_QUERY = ("endpoint", "region")


class BadLocation(ValueError):
    """The URL, or what belongs to it, names no place where files can be kept."""


def open_objects(
    url: str, *, access_key: str | None = None, secret_key: str | None = None
) -> Objects:
    """The folder or bucket at that URL; nothing is asked of a server yet.

    Args:
        url: `file:///folder`, which must be there, or `s3://bucket/prefix?endpoint=URL&region=NAME`.
            Without an endpoint it is Amazon's; without a region, `us-east-1`.
        access_key: of the S3 account; without keys, the identity that the machine has with Amazon.
        secret_key: given with the access key.

    Raises:
        BadLocation: it makes no sense, or the folder is not there.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadLocation(f"{url} is no URL: {error}") from error
    match parts.scheme:
        case "file":
            return _folder(parts)
        case "s3":
            return _bucket(parts, access_key, secret_key)
        case _:
            raise BadLocation(f"{url} is neither file:///folder nor s3://bucket/prefix")


def _folder(parts: SplitResult) -> LocalStore:
    folder = Path(url2pathname(parts.path))
    if parts.netloc not in ("", "localhost") or not folder.is_absolute() or parts.query:
        raise BadLocation(f"{parts.geturl()} is not file:///folder, with a path from the root")
    if not folder.is_dir():
        raise BadLocation(f"the folder {folder} is not there: make it, or have its disk mounted")
    return LocalStore(folder)


def _bucket(parts: SplitResult, access_key: str | None, secret_key: str | None) -> S3Store:
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(query) - set(_QUERY)):
        raise BadLocation(f"{', '.join(unknown)}: only {' and '.join(_QUERY)} may stand after ?")
    if not parts.netloc or "@" in parts.netloc:
        raise BadLocation("s3:// takes the bucket's name next, and no keys: they are set apart")
    if (access_key is None) != (secret_key is None):
        raise BadLocation("an access key and a secret key go together: set both or neither")
    endpoint = query.get("endpoint")
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise BadLocation(f"the endpoint {endpoint} must begin with https:// or http://")
    config: S3Config = {"region": query.get("region", "us-east-1")}
    if endpoint is not None:
        config["endpoint"] = endpoint
    if access_key is not None and secret_key is not None:
        config |= {"access_key_id": access_key, "secret_access_key": secret_key}
    try:
        return S3Store(
            parts.netloc,
            prefix=unquote(parts.path).strip("/") or None,
            config=config,
            client_options={
                "allow_http": endpoint is not None and endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(minutes=10),  # of one part, or of a whole download
            },
            retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=30)},
        )
    except (BaseError, ValueError) as error:
        raise BadLocation(f"{parts.geturl()}: {error}") from error
