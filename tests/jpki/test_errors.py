"""The package's errors."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from jpki import errors

ERRORS = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, BaseException)]
ERRORS = [cls for cls in ERRORS if not issubclass(cls, Warning)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda cls: cls.__name__)
def test_one_base(error: type[BaseException]) -> None:
    """One ``except JpkiError`` catches all of them."""
    assert issubclass(error, errors.JpkiError)


def test_hint_is_optional() -> None:
    """No hint is an empty hint."""
    assert errors.JpkiError("what happened").hint == ""
    assert errors.JpkiError("what happened", hint="what to do").hint == "what to do"


def test_registry_errors_carry_where(tmp_path: Path) -> None:
    """File, line and schema are data, not text to be parsed."""
    corrupt = errors.RegistryCorruptError("why", path=tmp_path, line=3)
    assert (corrupt.path, corrupt.line, str(corrupt)) == (tmp_path, 3, f"{tmp_path}, line 3: why")
    schema = errors.RegistrySchemaError(path=tmp_path, found=2, expected=1)
    assert (schema.path, schema.found, schema.expected) == (tmp_path, 2, 1)
