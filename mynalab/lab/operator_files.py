"""Where in a lab its platform operator keeps what is its own."""

from __future__ import annotations

from pathlib import Path

from mynalab.lab.files import refusals_explained
from mynalab.lab.lab import Lab


def operator_directory(lab: Lab) -> Path:
    """Where the operator keeps what is its own; made when it is not there."""
    directory = lab.paths.root / "operator"
    with refusals_explained(directory):
        directory.mkdir(mode=0o700, exist_ok=True)
    return directory
