"""The command `remit`: reads what was asked, has it done, and ends with an exit code that says how."""

import asyncio
import gc
import inspect
import os
import signal
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from types import FrameType

from cyclopts import CycloptsError
from pydantic import ValidationError
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from activities.keyring import BadKeyFile
from cli.child_server import DevStackError
from cli.commands import build
from cli.errors import CliError, NotAsSigned, OutOfReach, OwnCode, Refused, UsageError, sentences
from cli.options import Place
from cli.output import errors, plain, print_json
from eventstore.codec import UndecodableEvent
from eventstore.protocol import PositionGap
from readmodels.beside import RebuildUnderWay
from readmodels.bulk import StreamGap
from workflows.encryption import NotDecryptable
from workflows.tls import BadTls

_OPTIONS: Mapping[str, str] = {
    "actor": "--as",
    "command_id": "--command-id",
    "on_behalf_of": "--for",
}
"""Fields of a command that a user knows by another name."""


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    json = _asks_for_json(arguments)
    try:
        with _loading():
            app = build(arguments[0] if arguments else None)
            command, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=False)
        json = any(place.json for place in bound.arguments.values() if isinstance(place, Place))
        done = command(*bound.args, **bound.kwargs)
        if inspect.iscoroutine(done):
            asyncio.run(done)
    except CycloptsError as error:
        return _ended(UsageError(str(error)), json)
    except ValidationError as error:
        return _ended(UsageError(sentences(error, _OPTIONS)), json)
    except CliError as error:
        return _ended(error, json)
    except DevStackError as error:
        return _ended(OutOfReach(str(error)), json)
    except UndecodableEvent as error:
        return _ended(CliError(f"the log holds an event that cannot be read: {error}"), json)
    except RebuildUnderWay as error:
        return _ended(Refused(OwnCode.REBUILD_UNDER_WAY, str(error), None), json)
    except (PositionGap, StreamGap) as error:
        return _ended(NotAsSigned(f"{error}; `remit audit verify` says where"), json)
    except (RPCError, WorkflowUpdateFailedError) as error:
        return _ended(OutOfReach(f"Temporal did not take it: {error}"), json)
    except (BadKeyFile, BadTls) as error:
        return _ended(UsageError(str(error)), json)
    except NotDecryptable as error:
        return _ended(UsageError(f"the answer cannot be read: {error}"), json)
    except KeyboardInterrupt:
        return 130
    return 0


def main() -> None:
    """End as `run` says; SIGTERM is taken like Ctrl-C: all that was started is stopped first."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it, such as `head`, has had enough
        code = 128 + signal.SIGPIPE
    # Not sys.exit: a thread of Temporal's client may call into Python while that is taken down, which
    # aborts the process (temporalio/sdk-python#300).
    os._exit(code)


@contextmanager
def _loading() -> Generator[None]:
    """What is loaded meanwhile stays to the end, and is never looked through for garbage: that took a fifth of every
    command's start, and 0.2 s of `remit web` once in some fifty pages, while everybody waited.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.raise_signal(signal.SIGINT)  # asyncio makes of it a cancellation, which unwinds in order


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` is there: all there is to go by when the arguments make no sense."""
    options = takewhile(lambda argument: argument != "--", arguments)
    return any(option.partition("=")[0] == "--json" for option in options)


def _ended(error: CliError, json: bool) -> int:
    refused = error if isinstance(error, Refused) else None
    code = refused.rejection if refused else error.code
    field = refused.field if refused else None
    if json:
        told = {"code": code, "message": str(error), "field": field}
        print_json({**error.result, "error": told})
    else:
        where = f" ({field})" if field else ""
        errors.print(f"[red]{code}[/]{where}: {plain(str(error))}", soft_wrap=True)
    return error.exit_code
