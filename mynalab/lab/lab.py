"""A lab that exists: where it is and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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
        return cls(paths, LabSettings.read(paths.settings))
