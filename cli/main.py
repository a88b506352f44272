"""The command `remit`: reads what was asked, has it done, and ends with an exit code that says how."""

import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError
from pydantic import ValidationError
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from cli import demo, operations, verbs, views
from cli.child_server import DevStackError
from cli.errors import CliError, OutOfReach, Refused, UsageError
from cli.output import errors, print_json

_HELP = """Tracks official instructions from issuance to completion, and proves afterwards what happened.

Exit codes: 0 done; 1 something unexpected; 2 wrong usage; 3 refused by a rule, nothing written;
4 a server did not answer, sending again is safe; 5 a file has problems, nothing imported.
"""


def build() -> App:
    """The app with all its commands."""
    app = App(name="remit", help=_HELP, help_format="plaintext", version=version("remit"))
    verbs.add_to(app)
    views.add_to(app)
    operations.add_to(app)
    demo.add_to(app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    try:
        build()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _ended(UsageError(str(error)), arguments)
    except ValidationError as error:
        return _ended(UsageError(_sentences(error)), arguments)
    except CliError as error:
        return _ended(error, arguments)
    except DevStackError as error:
        return _ended(OutOfReach(str(error)), arguments)
    except (RPCError, WorkflowUpdateFailedError) as error:
        return _ended(OutOfReach(f"Temporal did not take it: {error}"), arguments)
    except KeyboardInterrupt:
        return 130
    return 0


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def _ended(error: CliError, arguments: Sequence[str]) -> int:
    refused = error if isinstance(error, Refused) else None
    code = refused.rejection if refused else error.code
    field = refused.field if refused else None
    if "--json" in arguments:
        print_json({"error": {"code": code, "message": str(error), "field": field}})
    else:
        where = f" ({field})" if field else ""
        errors.print(f"[red]{code}[/]{where}: {error}", soft_wrap=True, highlight=False)
    return error.exit_code


def _sentences(error: ValidationError) -> str:
    """What is wrong with each field, in a line."""
    found = error.errors(include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in found)
