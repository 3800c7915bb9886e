"""What the explainer knows of the card's volatile state: the selected application and file, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apdu.explain.text import Text, both
from apdu.layout import applications
from apdu.layout.facts import ApplicationFact, FileFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the card stands. None means not known: the trace began in the middle, or the name was foreign.

    ``failed_pin`` is the EF id of the PIN that the command just before got wrong. ``channel_level`` is P1 of the
    EXTERNAL AUTHENTICATE that opened a secure channel for card management, 0 where none was seen.
    """

    application: ApplicationFact | None = None
    fid: int | None = None
    failed_pin: int | None = None
    channel_level: int = 0

    @property
    def file(self) -> FileFact | None:
        """The selected file, when it is a known one."""
        return self.fact(self.fid)

    def fact(self, fid: int | None) -> FileFact | None:
        """A file of the selected application by its id, when both are known."""
        if self.application is None or fid is None:
            return None
        return self.application.files.get(fid)


AT_POWER_ON: Final = Position(application=applications.CARD_MANAGER)  # measured: soltia48/myna-card src/mf.rs
NOWHERE: Final = Position()


def file_name(position: Position, fid: int | None) -> Text:
    """The name of a file as well as it can be told; None is the current file, whichever that is."""
    if fid is None:
        return Text("the current file", "カレントファイル")
    fact = position.fact(fid)
    if fact is not None:
        return Text(fact.name("en"), fact.name("ja"))
    if position.application is None:
        return _guess(fid)
    return both(f"EF {fid:04X}")


def _guess(fid: int) -> Text:
    """Without an application only the likeliest can be named: JPKI."""
    fact = applications.ON_CARD[0].files.get(fid)
    if fact is None:
        return both(f"EF {fid:04X}")
    return Text(f"EF {fid:04X} (in JPKI: {fact.name('en')})", f"EF {fid:04X} (公的個人認証APなら{fact.name('ja')})")
