"""The one connection to Temporal, as the settings have it: address, credentials, TLS and encryption."""

from collections.abc import Sequence
from ipaddress import ip_address

from temporalio.client import Client, Interceptor
from temporalio.service import TLSConfig

from activities.keyring import read_keys
from settings import Settings
from workflows.client import connect
from workflows.tls import BadTls, TlsFiles, tls_config


async def connect_as_set(
    settings: Settings, *, lazy: bool = False, interceptors: Sequence[Interceptor] = ()
) -> Client:
    """A `lazy` one connects when it is first used. `interceptors` are those of the workers that use it, too.

    Raises:
        BadKeyFile: the keys that encrypt payloads cannot be read.
        BadTls: a certificate or its key cannot be used; or an API key would travel without TLS.
        RuntimeError: no Temporal answers at the address; the two above are such as well.
        ValueError: the address is none.
    """
    api_key, keys = settings.temporal_api_key, settings.temporal_encryption_keys_file
    return await connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=api_key.get_secret_value() if api_key else None,
        tls=_tls(settings),
        keys=read_keys(keys) if keys else (),
        lazy=lazy,
        interceptors=interceptors,
    )


def _tls(settings: Settings) -> TLSConfig | bool:
    """Whoever names a certificate or a server's name wants TLS, and an API key needs it: but on this machine, where it was
    said that there is none.
    """
    files = TlsFiles(
        client_certificate=settings.temporal_tls_client_certificate_file,
        client_key=settings.temporal_tls_client_key_file,
        server_ca=settings.temporal_tls_server_ca_file,
        server_name=settings.temporal_tls_server_name,
    )
    if files != TlsFiles():
        return tls_config(files)
    if settings.temporal_api_key is None:
        return bool(settings.temporal_tls)
    if settings.temporal_tls is False and not _is_local(settings.temporal_address):
        raise BadTls(
            f"the API key would travel to {settings.temporal_address} for all to read: leave REMIT_TEMPORAL_TLS out"
        )
    return settings.temporal_tls is not False


def _is_local(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
