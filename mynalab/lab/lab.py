"""A lab that exists: where it is and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mynalab.errors import LabBrokenError
from mynalab.lab.paths import LabPaths
from mynalab.lab.settings import LabSettings


@dataclass(frozen=True, slots=True)
class Lab:
    """A complete lab directory."""

    paths: LabPaths
    settings: LabSettings

    @classmethod
    def open(cls, directory: Path) -> Lab:
        """Open the lab in ``directory``; ``LabNotFoundError``, ``LabSchemaError`` or ``LabBrokenError``."""
        paths = LabPaths(directory)
        if not paths.settings.exists() and (paths.register.exists() or paths.journal.exists()):
            raise LabBrokenError(
                f"{paths.settings} is missing, the rest of the lab is there",
                hint="restore the file, or make another lab: mynalab lab init DIR",
            )
        settings = LabSettings.read(paths.settings)
        for part in (paths.ca_keys, paths.cards, paths.public):
            if not part.is_dir():
                raise LabBrokenError(
                    f"{part} is missing", hint="restore the directory, or make another lab: mynalab lab init DIR"
                )
        return cls(paths, settings)
