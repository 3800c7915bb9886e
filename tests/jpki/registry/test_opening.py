"""What a program pays that opens no register: nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = "import sys, {module}; print(sorted(name for name in sys.modules if name.split('.')[0] in {foreign!r}))"
FOREIGN = ("sqlalchemy", "psycopg", "sqlite3")


@pytest.mark.parametrize(
    "module",
    [
        "jpki.registry.opening",
        "jpki.registry.interfaces",
        "jpki.registry.records",
        "jpki.registry.reading",
        "jpki.registry.journal_import",
    ],
)
def test_database_is_imported_when_a_register_is_opened(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(module=module, foreign=FOREIGN)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"
