"""A lab's own clock: one for its CAs, its verifier and its cards, kept in ``clock.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mynalab.clock import REAL_TIME, Clock, ClockMode, ClockSetting, system_clock
from mynalab.errors import LabBrokenError, LabSchemaError, TimeError
from mynalab.lab.files import refusals_explained, write_atomically
from mynalab.lab.paths import LabPaths

SCHEMA = 1
_REPAIR = "set it anew: mynalab clock real"


@dataclass(frozen=True, slots=True)
class LabClock:
    """Tells the time of the lab in a directory, whatever it is set to at that moment. A directory without a lab
    has the system's time.
    """

    directory: Path
    system: Clock = system_clock

    def __call__(self) -> datetime:
        """The lab's present moment; ``LabBrokenError`` when its file cannot be read."""
        return self.setting().read(self.system())

    def setting(self) -> ClockSetting:
        """What the clock is set to."""
        return read_clock(LabPaths(self.directory))


def read_clock(paths: LabPaths) -> ClockSetting:
    """What the lab's clock is set to; ``LabBrokenError`` or ``LabSchemaError`` when the file does not tell."""
    try:
        document = tomllib.loads(paths.clock.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return REAL_TIME
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LabBrokenError(f"{paths.clock} cannot be read: {error}", hint=_REPAIR) from error
    if document.get("schema") != SCHEMA:
        raise LabSchemaError(
            f"{paths.clock} has schema {document.get('schema')!r}; this release reads schema {SCHEMA}", hint=_REPAIR
        )
    try:
        return _setting(document)
    except (TimeError, ValueError, OverflowError) as error:
        raise LabBrokenError(f"{paths.clock}: {error}", hint=_REPAIR) from error


def set_clock(paths: LabPaths, setting: ClockSetting) -> None:
    """Set the lab's clock. Whoever looks at it meanwhile sees the old setting or the new one."""
    if setting.mode is ClockMode.REAL:
        with refusals_explained(paths.clock):
            paths.clock.unlink(missing_ok=True)
        return
    if setting.at is not None:
        value = f"at = {setting.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    else:
        value = f"offset_seconds = {int(setting.offset.total_seconds())}"
    text = f'# The clock of this lab. Back to the real time: mynalab clock real\nschema = {SCHEMA}\nmode = "'
    write_atomically(paths.clock, f'{text}{setting.mode.value}"\n{value}\n'.encode())


def _setting(document: dict[str, Any]) -> ClockSetting:
    match document:
        case {"schema": _, "mode": "frozen", "at": datetime() as at, **rest} if not rest and at.tzinfo is not None:
            return ClockSetting.frozen(at.astimezone(UTC))
        case {"schema": _, "mode": "offset", "offset_seconds": int() as seconds, **rest} if (
            not rest and type(seconds) is int
        ):
            return ClockSetting(ClockMode.OFFSET, offset=timedelta(seconds=seconds))
    raise ValueError("this is not what a lab writes there")
