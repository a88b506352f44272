"""All commands, and which module offers each. Only the module of the one that is asked for is loaded: all of
them take seconds.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version

from cyclopts import App

_HELP = """Tracks official instructions from issuance to completion, and keeps the record of what happened.

Start here: `remit demo`; then `remit up`, and in another terminal `set-up`, `import`, `list`.
Whatever writes needs `--as PERSON`: who acts.

Exit codes: 0 done; 1 something unexpected; 2 wrong usage; 3 refused by a rule, nothing written but
what the answer lists; 4 a server did not answer, sending again is safe; 5 a file has problems, the message says what was
imported, mostly nothing, or what was looked at is not as the log says; 6 `remit doctor` found something failed; 7 the
log is not what was signed.
"""

MODULES: Mapping[str, Sequence[str]] = {
    "demo": ("demo",),
    "operations": ("up", "migrate", "worker", "web", "recover"),
    "workers": ("workers",),
    "doctor": ("doctor",),
    "keys": ("keys",),
    "readmodels": ("readmodels",),
    "completion": ("completion",),
    "filling": ("set-up", "import"),
    "views": ("show", "history", "list"),
    "report": ("report",),
    "discipline": ("discipline",),
    "ledger": ("ledger",),
    "notices": ("notices",),
    "explain": ("explain",),
    "late": ("late",),
    "escalations": ("escalations",),
    "digest": ("digest",),
    "verbs": (
        *("propose", "adopt", "refuse", "issue", "issue-part", "split-off", "assign", "reassign"),
        *("acknowledge", "decline", "set-controller", "set-observers", "set-milestones"),
        *("change-policy", "progress", "request-progress", "submit", "withdraw-report", "accept"),
        *("return", "request-extension", "withdraw-extension", "approve-extension"),
        *("refuse-extension", "change-deadline", "suspend", "resume", "cancel", "reopen"),
        *("escalate", "acknowledge-escalation", "snooze", "deescalate", "comment", "correct"),
        "acknowledge-notice",
    ),
    "recurrence": ("recur",),
    "bulk": ("bulk",),
    "programme": (
        *("draft-programme", "adopt-programme", "close-programme", "set-sectors"),
        *("schedule-meeting", "hold-meeting"),
    ),
    "programme_views": ("programmes", "meetings"),
    "difference": ("diff",),
    "carry_over": ("carry-over",),
    "evidence": ("attach", "evidence"),
    "audit": ("audit",),
    "export": ("export",),
    "directory": (
        *("register-body", "establish-body", "rename-body", "move-body", "reorganise-body"),
        *("close-body", "register-office", "close-office", "appoint", "end-appointment"),
        *("substitute", "end-substitution"),
    ),
    "directory_people": (
        *("register-person", "change-person", "webhook-secret", "set-channels", "erase-person"),
    ),
    "preferences": ("preferences",),
    "directory_view": ("directory",),
    "calendars": ("calendar",),
    "policies": ("policy",),
    "feed": ("feed",),
    "token": ("token",),
}
"""The commands of each module of `cli`, both in the order in which they are needed."""


def build(asked: str | None = None) -> App:
    """The app with all its commands; with no more than it takes if the name of the one that is asked for is known."""
    app = App(name="remit", help=_HELP, help_format="plaintext", version=version("remit"))
    offering = [module for module, commands in MODULES.items() if asked in commands]
    for module in offering or MODULES:
        import_module(f"cli.{module}").add_to(app)
    for place, name in enumerate(app):
        app[name].sort_key = place  # listed in the order in which they are needed, not by name
    return app
