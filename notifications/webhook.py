"""Notices by webhook: CloudEvents 1.0 in JSON, signed as Standard Webhooks has it, over HTTP by httpx."""

import hashlib
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import httpx
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook

from notifications.channel import DigestTold, Message, Undeliverable
from notifications.compose import Notice
from notifications.reachable import Network, addresses_of

_TYPE = "remit.notice"
_DIGEST = "remit.digest"
_TRIAL = "remit.trial"
_TRIED_AGAIN = frozenset({408, 425, 429})
"""Client errors that say nothing against the message itself."""
_CONNECTED = ".send_request_headers.started"
"""How httpcore names the step that comes next then."""
_LONGEST_WAIT = 3600.0
"""Seconds that a receiver may put us off at a time."""


class WebhookBusy(Exception):
    """The receiver asked to be left alone for a while, and is."""


class WebhookNotTaken(Exception):
    """The receiver answered {status}, which may be otherwise another time."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the webhook answered {status}")
        self.status = status


@dataclass(frozen=True, kw_only=True)
class WebhookChannel:
    """One request for each attempt; no redirect is followed, no proxy used, no answer read.

    With the pauses of the deliver activity (up to five minutes) 300 attempts take about a day.
    """

    source: str
    """Names this Remit in every message: a URI, such as `urn:remit` or `https://remit.example.org`."""
    networks: Sequence[Network] = ()
    """Those that may be reached although they are not public, and in the clear."""
    trusted: ssl.SSLContext | None = None
    """Whose certificates are believed; None for those that httpx brings."""
    max_attempts: int = 300
    name: str = "webhook"
    _put_off: dict[str, float] = field(default_factory=dict[str, float], init=False, repr=False)
    """By a hash of its address, until when (monotonic) a receiver is not asked. Forgotten with the process."""

    async def send(self, message: Message) -> str:
        url, secret = message.to.webhook_url, message.to.webhook_secret
        if url is None or secret is None:
            raise Undeliverable("no webhook is known")
        target = _target(url)
        self._raise_if_put_off(url)
        body = JSONFormat().write(_event(message, self.source))
        now = datetime.now(UTC)
        headers = {
            "content-type": JSONFormat.CONTENT_TYPE,
            "user-agent": "Remit",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(message.message_id, now, body.decode()),
        }
        status, retry_after = await self._post(target, headers, body, message.turn)
        if 200 <= status < 300:
            return f"{message.message_id} {status}"
        if 400 <= status < 500 and status not in _TRIED_AGAIN:
            raise Undeliverable(f"the webhook refused it ({status})")
        if retry_after:
            self._put_off[_key(url)] = time.monotonic() + min(retry_after, _LONGEST_WAIT)
        raise WebhookNotTaken(status)

    def _raise_if_put_off(self, url: str) -> None:
        until = self._put_off.get(_key(url))
        if until is None:
            return
        if time.monotonic() < until:
            raise WebhookBusy("the receiver asked to be left alone for a while")
        self._put_off.pop(_key(url), None)

    async def _post(
        self,
        url: httpx.URL,
        headers: dict[str, str],
        body: bytes,
        turn: Callable[[], Awaitable[None]],
    ) -> tuple[int, float | None]:
        """The status of the answer, and the seconds after which to try again, if it says so.

        `turn` is awaited when the connection is there.
        """

        async def trace(step: str, _info: Any) -> None:
            if step.endswith(_CONNECTED):
                await turn()

        secure = url.scheme == "https"
        port = url.port or (443 if secure else 80)
        host = url.raw_host.decode()
        addresses = await addresses_of(
            host, port, self.networks, secure=secure, threads=self._threads
        )
        failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
        # For each request a client of its own: a pool would keep connections by address, not by name.
        for address in addresses:
            async with httpx.AsyncClient(
                verify=self._context, trust_env=False, follow_redirects=False, timeout=20
            ) as client:
                request = client.build_request(
                    "POST",
                    url.copy_with(host=address),
                    headers={**headers, "host": url.netloc.decode()},
                    content=body,
                    extensions={"sni_hostname": host, "trace": trace},
                )
                try:
                    answer = await client.send(request, stream=True)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    failure = error
                    continue
                await answer.aclose()
                return answer.status_code, _seconds(answer.headers.get("retry-after"))
        assert failure is not None
        raise failure

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self.trusted or httpx.create_ssl_context(trust_env=False)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        """Of their own: names that nobody answers for must not keep other channels, or commands, waiting for a thread."""
        return ThreadPoolExecutor(max_workers=4, thread_name_prefix="webhook-names")


def _target(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL:
        target = httpx.URL()
    if target.scheme not in ("http", "https") or not target.host:
        raise Undeliverable("what is on file is no address of a webhook; correct it there")
    return target


def _event(message: Message, source: str) -> CloudEvent:
    if message.digest is not None:
        return _digest(message, message.digest, source)
    if message.trial:
        return _trial(message, source)
    first = message.notices[0]
    several = len(message.notices) > 1
    attributes: dict[str, Any] = {
        "id": message.message_id,
        "source": source,
        "type": f"{_TYPE}s" if several else f"{_TYPE}.{first.event}",
        "time": first.occurred_at,
        "datacontenttype": "application/json",
    }
    if len({notice.instruction for notice in message.notices}) == 1:
        attributes["subject"] = first.number
    notices = [_data(notice) for notice in message.notices]
    return CloudEvent(attributes, {"title": message.letter.subject, "notices": notices})


def _digest(message: Message, told: DigestTold, source: str) -> CloudEvent:
    attributes: dict[str, Any] = {
        "id": message.message_id,
        "source": source,
        "type": _DIGEST,
        "time": told.at,
        "datacontenttype": "application/json",
        "subject": told.programme,
    }
    data = {
        "title": message.letter.subject,
        "programme": told.programme,
        "language": told.language,
        "since": told.since,
        "at": told.at,
        "due_at": told.due_at,
        "late": told.late,
        "text": message.letter.text,
    }
    return CloudEvent(attributes, data)


def _trial(message: Message, source: str) -> CloudEvent:
    attributes: dict[str, Any] = {
        "id": message.message_id,
        "source": source,
        "type": _TRIAL,
        "time": datetime.now(UTC),
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes, {"title": message.letter.subject, "text": message.letter.text})


def _data(notice: Notice) -> dict[str, Any]:
    deadline = notice.deadline
    return {
        "event": notice.event,
        "occurred_at": notice.occurred_at,
        "language": notice.language,
        "instruction": notice.instruction,
        "number": notice.number,
        "what": notice.what,
        "next_step": notice.next_step,
        "text": notice.text,
        "deadline": {
            "on": deadline.on.isoformat() if deadline.on else None,
            "zone": deadline.zone,
            "instant": deadline.instant,
        },
        "issuer": {"id": notice.issuer, "name": notice.issuer_name},
        "lead": {"id": notice.lead, "name": notice.lead_name} if notice.lead else None,
        "joint_leads": [{"id": id_, "name": name} for id_, name in notice.joint_leads.items()],
        "standing": notice.standing,
        "sequence": notice.sequence,
    }


def _seconds(retry_after: str | None) -> float | None:
    """From now on; None if nothing, or nothing that makes sense, is said."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):  # no date, or one without a zone
        return None


def _key(url: str) -> str:
    """Addresses may hold secrets, and are not kept longer than a request takes."""
    return hashlib.sha256(url.encode()).hexdigest()
