"""What requests are answered with: connections and stores, handed over by the composition root."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import asyncpg
from starlette.requests import Request

from access.feed_tokens import FeedTokens
from access.log import AccessLog
from access.saved_views import SavedViews
from access.sessions import Sessions
from access.tokens import ApiTokens
from activities.seal import Sealer
from audit.discrepancy import Completeness
from audit.findings import Verification
from audit.notes import Signer, Verifier
from eventstore.handle import CommandHandler
from eventstore.persons import PersonStore
from eventstore.protocol import EventStore
from evidence.protocol import EvidenceStore
from notifications.channel import Channel
from web.examining import Examining
from web.hardening.rates import Rates
from web.identity.authenticated import Authenticated
from web.live.live_log import LiveLog
from web.live.stream import Rhythm
from web.waking import Waking
from workflows.client import CommandSender


class Authenticate(Protocol):
    """Says who sends a request: `Authenticator.authenticate`."""

    async def __call__(self, request: Request, *, seen: bool = True) -> Authenticated | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """Open for as long as the application runs."""

    web_url: str
    """Scheme, host and port by which people reach it, without a slash at the end: a proxy may stand between."""
    store: EventStore
    handler: CommandHandler
    """Decides and records what goes to no workflow: programmes and the directory; previews all."""
    sender: CommandSender
    """Sends what does."""
    sealer: Sealer
    pool: "asyncpg.Pool[asyncpg.Record]"
    """Of the read models, as a role that only reads."""
    persons: PersonStore
    access: AccessLog
    live: LiveLog
    """What happens, for those who look on."""
    rhythm: Rhythm
    """Of the streams that tell them."""
    evidence: EvidenceStore | None
    """None where no place for it is set."""
    verifier: Verifier | None
    """Of checkpoints; None where no key is set."""
    tokens: ApiTokens
    sessions: Sessions
    feed_tokens: FeedTokens
    views: SavedViews
    waking: Waking
    channels: Sequence[Channel]
    """That this process is set up for: people try by them whether they are reached. Notices are the workers' to send."""
    workflow_pages: str | None
    """Where Temporal's own pages show a workflow, before its id; None where they are not known."""
    tzdata: str
    """Version of the time zone database that this process computes with."""
    signer: Signer | None
    """Signs where the streams of a bundle ended; None where this machine has no signing key."""
    verification: Examining[Verification] | None
    """Of the whole log against its checkpoints; None where no key is set."""
    completeness: Examining[Completeness]
    """Of the log against what conducts it."""
    patience: timedelta
    """How long an answer to a command is waited for: less than a request may take. Whoever asks is then told that the
    outcome is unknown, and asks again under the same key."""
    authenticate: Authenticate


def services_of(request: Request) -> Services:
    return request.app.state.services


def rates_of(request: Request) -> Rates:
    """How often people may ask: the same that stands before the application."""
    return request.app.state.rates
