"""How people sign in over HTTP, as the settings say."""

from datetime import timedelta

from cli.errors import UsageError
from settings import Settings
from web.identity.code_flow import Client
from web.identity.cookies import signing_key
from web.identity.entrance import SigningIn


def signing_in(settings: Settings) -> SigningIn | None:
    """None where no issuer is set: programs come in by API tokens all the same.

    Raises `UsageError` if the file of REMIT_SESSION_KEY_FILE is none.
    """
    if settings.oidc_issuer is None:
        return None
    try:
        key = signing_key(settings.session_key_file)
    except (OSError, ValueError) as error:
        raise UsageError(f"REMIT_SESSION_KEY_FILE cannot be used: {error}") from error
    secret = settings.oidc_client_secret
    return SigningIn(
        issuer=settings.oidc_issuer,
        client=Client(
            id=settings.oidc_client_id, secret=secret.get_secret_value() if secret else None
        ),
        person_claim=settings.oidc_person_claim,
        audience=settings.oidc_audience,
        session=timedelta(hours=settings.session_hours),
        idle=timedelta(minutes=settings.session_idle_minutes),
        signing_key=key,
    )
