"""Services besides the log's: the mail server, the store of evidence, the web; and what the web proves itself by."""

import ssl

import aiosmtplib
import httpx

from activities.keyring import BadKeyFile, read_keys
from cli.checks.diagnosis import PATIENCE, Diagnosis, failed, ok, warning
from evidence.protocol import EvidenceError
from evidence.store import open_evidence
from objectstore.location import BadLocation
from settings import Settings
from web.api.routes import PREFIX


async def mail(settings: Settings) -> Diagnosis:
    """Greet the mail server as a delivery does, encrypt, log in, and send nothing."""
    if settings.smtp_host is None:
        return ok("mail", "not set (REMIT_SMTP_HOST): nobody is told by e-mail")
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        start_tls=False,
        timeout=PATIENCE / 2,
    )
    try:
        await client.connect()
        await client.ehlo()
        offered = client.supports_extension("starttls")
        if settings.smtp_starttls and not offered:
            return failed(
                "mail",
                f"{where} does not offer STARTTLS",
                "use another port, or REMIT_SMTP_STARTTLS=false if the way there is safe",
            )
        if settings.smtp_starttls:
            await client.starttls()
        password = settings.smtp_password
        if settings.smtp_username is not None:
            await client.login(
                settings.smtp_username, password.get_secret_value() if password else ""
            )
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        return failed(
            "mail",
            f"{where}: {error}",
            "put REMIT_SMTP_HOST, _PORT, _USERNAME and _PASSWORD right, or the server",
        )
    finally:
        client.close()
    if offered and not settings.smtp_starttls:
        return warning(
            "mail",
            f"{where} answers, unencrypted",
            "it offers STARTTLS: set REMIT_SMTP_STARTTLS=true",
        )
    return ok("mail", f"{where} answers")


async def evidence(settings: Settings) -> Diagnosis:
    if settings.evidence_url is None:
        return ok("evidence", "not set (REMIT_EVIDENCE_URL): no file can be attached")
    secret = settings.evidence_secret_key
    try:
        store = open_evidence(
            settings.evidence_url,
            access_key=settings.evidence_access_key,
            secret_key=secret.get_secret_value() if secret else None,
        )
        await store.check()
    except (BadLocation, EvidenceError) as error:
        return failed(
            "evidence",
            str(error),
            "put REMIT_EVIDENCE_URL right, or the rights to the place it names",
        )
    return ok("evidence", settings.evidence_url)


async def identity(settings: Settings) -> Diagnosis:
    if settings.identity_key_file is None:
        message = "not set (REMIT_IDENTITY_KEY_FILE): workers take no command that comes over HTTP"
        return ok("identity keys", message)
    try:
        first, *others = read_keys(settings.identity_key_file)
    except BadKeyFile as error:
        return failed("identity keys", str(error), "put right what REMIT_IDENTITY_KEY_FILE names")
    return ok("identity keys", f"{first.id} in use, {len(others)} besides")


async def web(settings: Settings) -> Diagnosis:
    """Whether Remit answers where people reach it, whatever stands between."""
    if settings.web_url is None:
        return ok("web", "not set (REMIT_WEB_URL): not looked for")
    way_out = "start it (`remit web`), or put REMIT_WEB_URL right, or the proxy before it"
    trusted = ssl.create_default_context()
    try:
        async with httpx.AsyncClient(
            verify=trusted, timeout=PATIENCE / 2, trust_env=False
        ) as client:
            answer = await client.get(f"{settings.web_url.rstrip('/')}{PREFIX}/openapi.json")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return failed("web", f"{settings.web_url}: {error or type(error).__name__}", way_out)
    if not answer.is_success:
        return failed("web", f"{settings.web_url} answers {answer.status_code}", way_out)
    return ok("web", f"{settings.web_url} answers")
