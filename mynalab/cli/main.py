"""``mynalab``: finds the command, and turns whatever goes wrong into a sentence, a next step and an exit status.

    status  meaning
    0       done; the log-in, signature or certificate was accepted
    1       done, and the answer is no: refused, revoked, wrong PIN
    2       the command line was wrong, or a name, seed, moment or PIN on it that cannot be one
    3       something the command needs is missing, broken or busy
    4       a fault of mynalab itself
    130     interrupted

``mynalab run`` ends with the status of the program that it ran.
"""

from __future__ import annotations

import importlib
import io
import itertools
import os
import sys

import click

from mynalab.cli.complaint import Complaint
from mynalab.cli.output import language_of
from mynalab.errors import EXPECTED_ERRORS, MISTAKES

USAGE_ERROR = 2
ENVIRONMENT_ERROR = 3
INTERNAL_ERROR = 4
INTERRUPTED = 130

# name → (module, one line of help): the help of the whole is printed without importing any of them.
_COMMANDS = {
    "demo": ("demo", "Tell the five-minute story: issue, log in, sign, lose the card, be refused."),
    "run": ("run", "Run a program with virtual readers that hold lab cards."),
    "serve": ("serve", "Keep virtual readers up for other terminals."),
    "card": ("card", "Make, list, show, insert and remove cards."),
    "app": ("app", "Build, install, list and remove applications in a card's free area."),
    "login": ("login", "Log in to the lab's relying party with a card."),
    "sign": ("sign", "Sign a text, PDF or XML file with a card's signing key, and verify it."),
    "verify": ("verify", "Verify a signed document: CMS, PDF or XML."),
    "revoke": ("revoke", "Report a card lost, or revoke its certificates for another reason."),
    "counter": ("counter", "Do what a municipal counter does: move, renew, lose, find, reissue, return …"),
    "pki": ("pki", "Look at the PKI from outside: CRLs, OCSP, timelines, the repository over HTTP."),
    "rp": ("rp", "Be a relying party of many customers: their certificates' status, their evidence."),
    "authapp": ("authapp", "Be the Digital Authentication App's service: an OpenID provider for the lab's cards."),
    "bank": ("bank", "Be a bank that opens accounts with cards: the relying party to copy."),
    "explain": ("explain", "Say in a sentence what an APDU means."),
    "vpcd": ("vpcd", "Put a card into the real pcscd through its vpcd driver."),
    "lab": ("lab", "Make a lab, show it, publish its CRLs."),
    "clock": ("clock", "Set the lab's clock: stop it, put it forward, let it run again."),
    "persona": ("persona", "List, show, make and generate the people that cards are issued to."),
}


class _LazyGroup(click.Group):
    """Commands that are imported when they are called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"mynalab.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: mynalab demo",
)
@click.version_option(package_name="mynalab")
def cli() -> None:
    """A laboratory for Japan's Individual Number Card (マイナンバーカード) and its PKI, in software.

    Not a real card, not for production: every key in a lab is public.
    """


def main() -> None:
    """The entry point of the ``mynalab`` program."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding than UTF-8 shows escapes for what it lacks, rather than nothing at all.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = _run(sys.argv[1:])
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _drop_output()
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    # What stands after "--" is another program's command line.
    own = list(itertools.takewhile(lambda argument: argument != "--", arguments))
    complaint = Complaint(language_of(own), as_json="--json" in own)
    try:
        status = cli.main(args=arguments, prog_name="mynalab", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:  # no word after `mynalab` or `mynalab card`
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.ClickException as error:
        complaint.of_command_line(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        complaint.of_interruption()
        return INTERRUPTED
    except EXPECTED_ERRORS as error:
        complaint.of(error, error.hint)
        return USAGE_ERROR if isinstance(error, MISTAKES) else ENVIRONMENT_ERROR
    except (BrokenPipeError, SystemExit):  # click itself exits, with 1, when the reader of our output went away
        _drop_output()
        return ENVIRONMENT_ERROR
    except OSError as error:
        complaint.of(error, "check the path, its permissions and the free space")
        return ENVIRONMENT_ERROR
    except Exception as error:
        if _is_interruption(error):
            complaint.of_interruption()
            return INTERRUPTED
        if os.environ.get("MYNALAB_DEBUG"):
            raise
        complaint.of_fault(error)
        return INTERNAL_ERROR
    return status if isinstance(status, int) else 0


def _is_interruption(error: BaseException) -> bool:
    """Whether Ctrl-C is underneath: up to Python 3.11 one that strikes while a class is made comes as RuntimeError."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__
    return cause is not None


def _drop_output() -> None:
    """The reader of our output went away, or its disk is full: what is left to say would fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
