"""``lab.toml``: what a lab is. Written once, when the lab is complete; its presence is what makes a lab."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mynalab.errors import LabBrokenError, LabNotFoundError, LabSchemaError, SeedError

SCHEMA = 1
_REPAIR = "restore the file, or make another lab: mynalab lab init DIR"
_TOKEN_LABEL_SIZE = 32
_SEED = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """A PKCS #11 token: the file of its module, and its label. ``ValueError`` for what cannot be one."""

    module: str
    label: str

    def __post_init__(self) -> None:
        if not (self.module and self.module.isprintable()):
            raise ValueError(f"{self.module!r} cannot be the file of a PKCS #11 module")
        # PKCS #11 v2.40 clause 3.2: the label of a token is 32 bytes, filled up with blanks.
        if not (self.label.isprintable() and 0 < len(self.label.encode()) <= _TOKEN_LABEL_SIZE):
            raise ValueError(f"{self.label!r} cannot be the label of a PKCS #11 token")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSettings:
    """The facts that, with the shipped key pool, determine every byte of a lab."""

    seed: str
    created: datetime
    fresh_keys: bool = False
    unsafe_production_names: bool = False
    register_url: str = ""
    """Of the database that holds the register; empty for a file in the lab's directory."""
    token: TokenPlace | None = None
    """Where the keys of the CAs are, when that is not the lab's directory."""

    def __post_init__(self) -> None:
        require_seed(self.seed)

    def to_toml(self) -> str:
        """The text of ``lab.toml``."""
        created = self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            "# A mynalab laboratory. Its keys are public on purpose; nothing outside a test may trust them.\n"
            f"schema = {SCHEMA}\n"
            f'seed = "{self.seed}"\n'
            f"created = {created}\n"
            f"fresh_keys = {str(self.fresh_keys).lower()}\n"
            f"unsafe_production_names = {str(self.unsafe_production_names).lower()}\n"
            + (f"register_url = {json.dumps(self.register_url)}\n" if self.register_url else "")
            + (_token_line(self.token) if self.token else "")
        )

    @classmethod
    def read(cls, path: Path) -> LabSettings:
        """Read ``lab.toml``; the error says whether the lab is missing, broken or of another release."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise LabNotFoundError(
                f"there is no lab in {path.parent}", hint=f"make one: mynalab lab init {shlex.quote(str(path.parent))}"
            ) from error
        except NotADirectoryError as error:
            raise LabNotFoundError(
                f"there is no lab in {path.parent}: that is no directory", hint="name the directory of a lab: --lab DIR"
            ) from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise LabBrokenError(f"{path} cannot be read: {error}", hint=_REPAIR) from error
        schema = document.get("schema")
        if schema != SCHEMA:
            raise LabSchemaError(
                f"{path.parent} is a lab of schema {schema!r}; this release reads schema {SCHEMA}",
                hint="use the release that made it, or make another lab: mynalab lab init DIR",
            )
        try:
            facts = {name: _typed(document, name, kind) for name, kind in _TYPES.items()}
            if "register_url" in document:  # since the register is a database
                facts["register_url"] = _typed(document, "register_url", str)
            if "pkcs11" in document:
                table = _typed(document, "pkcs11", dict)
                facts["token"] = TokenPlace(module=_typed(table, "module", str), label=_typed(table, "token", str))
            return cls(**facts)
        except (ValueError, SeedError) as error:
            raise LabBrokenError(f"{path}: {error}", hint=_REPAIR) from error


def require_seed(seed: str) -> str:
    """The word, when it can be a seed; else ``SeedError``."""
    if not _SEED.fullmatch(seed):
        raise SeedError(f"{seed!r} cannot be a seed", hint="use 1 to 64 letters, digits, '.', '_' and '-'")
    return seed


_TYPES = {"seed": str, "created": datetime, "fresh_keys": bool, "unsafe_production_names": bool}


def _token_line(token: TokenPlace) -> str:
    return f"pkcs11 = {{ module = {json.dumps(token.module)}, token = {json.dumps(token.label)} }}\n"


def _typed(document: dict[str, Any], name: str, kind: type) -> Any:
    value = document.get(name)
    if type(value) is not kind or (isinstance(value, datetime) and value.tzinfo is None):
        raise ValueError(f"{name!r} is missing, or not what a lab writes there")
    return value
