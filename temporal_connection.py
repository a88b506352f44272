"""The one connection to Temporal, as the settings have it: address, credentials, TLS and encryption."""

from collections.abc import Sequence

from temporalio.client import Client, Interceptor
from temporalio.service import TLSConfig

from activities.keyring import read_keys
from settings import Settings
from workflows.client import connect
from workflows.tls import TlsFiles, tls_config


async def connect_as_set(
    settings: Settings, *, lazy: bool = False, interceptors: Sequence[Interceptor] = ()
) -> Client:
    """A `lazy` one connects when it is first used. `interceptors` are those of the workers that use it, too.

    Raises:
        BadKeyFile: the keys that encrypt payloads cannot be read.
        BadTls: a certificate or its key cannot be used.
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
    """Whoever names a certificate or a server's name wants TLS."""
    files = TlsFiles(
        client_certificate=settings.temporal_tls_client_certificate_file,
        client_key=settings.temporal_tls_client_key_file,
        server_ca=settings.temporal_tls_server_ca_file,
        server_name=settings.temporal_tls_server_name,
    )
    return settings.temporal_tls if files == TlsFiles() else tls_config(files)
