"""``mynalab clock``: one clock for the lab's CAs, its verifier and its cards."""

from __future__ import annotations

import click

from mynalab.cli.opening import find_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.clock import REAL_TIME, ClockMode, ClockSetting, parse_moment, system_clock
from mynalab.lab.clock import read_clock, set_clock
from mynalab.lab.lab import Lab
from mynalab.periods import parse_period

_WORDS = {
    ClockMode.REAL: ("it is the system's clock", "システムの時計に従っています"),
    ClockMode.FROZEN: ("it stands still", "止まっています"),
    ClockMode.OFFSET: ("it runs", "進んでいます"),
}


@click.group(
    epilog="""\b
Examples:
  mynalab clock show
  mynalab clock set 2031-05-01             it stands there until it is set again
  mynalab clock set 2031-05-01 --run       it runs on from there
  mynalab clock advance 3d                 also 12h, 2w, 6mo, 5y, 1y6mo
  mynalab clock real
"""
)
def command() -> None:
    """Set the clock of the lab, by which its CAs, its verifier and its counters live.

    The option --now of a command comes first. Programs under `mynalab run` and `mynalab serve` see the real time.
    """


@command.command()
@shared_options(now=False)
def show(settings: Settings) -> int:
    """Show what the lab's clock says, and whether it runs."""
    _tell(find_lab(settings), settings)
    return 0


@command.command("set")
@click.argument("moment")
@click.option("--run", "runs", is_flag=True, help="Let the clock run from there.  [default: it stands still]")
@shared_options(now=False)
def set_to(moment: str, runs: bool, settings: Settings) -> int:
    """Set the lab's clock to MOMENT, in ISO 8601."""
    wanted = parse_moment(moment)
    lab = find_lab(settings)
    setting = ClockSetting.running(wanted, real=system_clock()) if runs else ClockSetting.frozen(wanted)
    set_clock(lab.paths, setting)
    _tell(lab, settings)
    return 0


@command.command()
@click.argument("period")
@shared_options(now=False)
def advance(period: str, settings: Settings) -> int:
    """Put the lab's clock forward by PERIOD: 3d, 12h, 2w, 6mo, 5y, or several in a row."""
    wanted = parse_period(period)
    lab = find_lab(settings)
    set_clock(lab.paths, read_clock(lab.paths).advanced(wanted, real=system_clock()))
    _tell(lab, settings)
    return 0


@command.command()
@shared_options(now=False)
def real(settings: Settings) -> int:
    """Give the lab the real time again."""
    lab = find_lab(settings)
    set_clock(lab.paths, REAL_TIME)
    _tell(lab, settings)
    return 0


def _tell(lab: Lab, settings: Settings) -> None:
    system = system_clock()
    setting = read_clock(lab.paths)
    now = setting.read(system)
    output = settings.output
    output.document(
        {
            "mode": setting.mode.value,
            "now": now.isoformat(),
            "real": system.isoformat(),
            "ahead_seconds": int((now - system).total_seconds()),
        }
    )
    english, japanese = _WORDS[setting.mode]
    output.say(f"{now:%Y-%m-%dT%H:%M:%SZ}: {english}", f"{now:%Y-%m-%dT%H:%M:%SZ}: {japanese}")
