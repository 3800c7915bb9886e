"""The data that ships with mynalab: personas and the key pool, from the wheel or from a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "_fixtures"
_CHECKOUT = _PACKAGE.parent / "fixtures"


@cache
def fixtures_directory() -> Path:
    """Where the shipped data lies: inside the installed package, else beside it in a checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def key_pool_file() -> Path:
    """The lab keys, one a line."""
    return fixtures_directory() / "keys" / "rsa2048.txt"


def application_key_pool_file() -> Path:
    """The lab keys for the applications beside JPKI and for the certificates that cards verify, one a line."""
    return fixtures_directory() / "keys" / "applications.txt"


def font_file() -> Path:
    """The font that cards are lettered with; its licence lies beside it."""
    return fixtures_directory() / "fonts" / "lab-gothic.otf"


def fault_files() -> dict[str, Path]:
    """The shipped plans of faults by name, in alphabetical order."""
    return {path.stem: path for path in sorted((fixtures_directory() / "faults").glob("*.toml"))}


def pki_fault_files() -> dict[str, Path]:
    """The shipped plans of faults of the repository by name, in alphabetical order."""
    return {path.stem: path for path in sorted((fixtures_directory() / "pki_faults").glob("*.toml"))}


def package_files() -> dict[str, Path]:
    """The shipped card application packages by name, in alphabetical order."""
    return {path.stem: path for path in sorted((fixtures_directory() / "packages").glob("*.toml"))}


def persona_files() -> dict[str, Path]:
    """The shipped personas by name, in alphabetical order."""
    return {path.stem: path for path in sorted((fixtures_directory() / "personas").glob("*.toml"))}
