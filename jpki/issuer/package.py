"""From a description in TOML to a signed package. No code is in either."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from apdu.errors import PackageError
from apdu.globalplatform import LoadFile
from apdu.layout.facts import FREE, NEVER, Access
from apdu.package import ACTIONS, KEY_SIZE, Action, FileKind, FileRule, Package, SecretKind, SecretRule
from jpki.issuer.errors import PackageFileError
from jpki.issuer.keys import sign

_ACTION_NAMES: Final = {action.name.lower(): action for action in Action}
_FILE_KEYS: Final = {"id", "kind", "name", "size", "records", "maximum", "step", "initial"}
_WORDS: Final[Mapping[str, Access]] = {"anybody": FREE, "nobody": NEVER}


def compile_package(text: str, *, origin: str) -> Package:
    """Read a description; ``PackageFileError`` names ``origin`` and the field that is wrong."""
    try:
        document = tomllib.loads(text)
        return _compile(document)
    except tomllib.TOMLDecodeError as error:
        raise PackageFileError(f"{origin} is no TOML: {error}") from error
    except (_FieldError, PackageError) as error:
        hint = "docs/free-area.md has the description field by field"
        raise PackageFileError(f"{origin}: {error}", hint=hint) from error


def sign_package(package: Package, key: ec.EllipticCurvePrivateKey) -> LoadFile:
    """The load file that the provider's domain on a card accepts."""
    block = package.encode()
    return LoadFile(provider=package.provider, signature=sign(key, block), block=block)


class _FieldError(Exception):
    """A field of the description; becomes ``PackageFileError``."""


def _compile(document: dict[str, Any]) -> Package:
    _known(document, "the file", {"package", "provider", "secret", "file"})
    head = _table(document, "package")
    _known(head, "package", {"label", "aid", "load_aid", "version"})
    provider = _table(document, "provider")
    _known(provider, "provider", {"name", "aid"})
    secrets = [_Entry(entry, f"secret[{number}]") for number, entry in enumerate(_tables(document, "secret"), 1)]
    names = {entry.text("name"): entry.number("reference") for entry in secrets}
    if len(names) != len(secrets):
        raise _FieldError("two secrets have the same name")
    files = [_Entry(entry, f"file[{number}]") for number, entry in enumerate(_tables(document, "file"), 1)]
    package = _Entry(head, "package")
    return Package(
        aid=package.aid("aid"),
        load_aid=package.aid("load_aid"),
        provider=_Entry(provider, "provider").aid("aid"),
        label=package.text("label"),
        version=package.number("version"),
        secrets=tuple(_secret(entry, names) for entry in secrets),
        files=tuple(_file(entry, names) for entry in files),
    )


class _Entry:
    """A table of the description that says where a wrong field stands."""

    def __init__(self, fields: Mapping[str, Any], where: str) -> None:
        self.fields = fields
        self.where = where

    def _field(self, name: str, kind: type, default: Any) -> Any:
        value = self.fields.get(name, default)
        if type(value) is not kind:
            raise _FieldError(f"{self.where}.{name} is missing, or no {_KINDS[kind]}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        value: str = self._field(name, str, default)
        return value

    def number(self, name: str, default: int | None = None) -> int:
        value: int = self._field(name, int, default)
        if not 0 <= value <= 0xFFFFFFFF:
            raise _FieldError(f"{self.where}.{name} is out of range")
        return value

    def aid(self, name: str) -> bytes:
        try:
            return bytes.fromhex(self.text(name))
        except ValueError as error:
            raise _FieldError(f"{self.where}.{name} is not in hexadecimal digits") from error

    def kind(self, kinds: type[FileKind] | type[SecretKind]) -> Any:
        found = {kind.name.lower(): kind for kind in kinds}.get(self.text("kind"))
        if found is None:
            raise _FieldError(f"{self.where}.kind is one of {', '.join(kind.name.lower() for kind in kinds)}")
        return found

    def access(self, name: str, names: Mapping[str, int]) -> Access:
        value = self.fields.get(name, "nobody")
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        if not isinstance(value, list) or not value or any(type(one) is not str or one not in names for one in value):
            raise _FieldError(f"{self.where}.{name} is anybody, nobody or a list of names of secrets")
        return Access(tuple(sorted({names[one] for one in value})))


_KINDS: Final = {str: "text", int: "number", list: "list"}


def _secret(entry: _Entry, names: Mapping[str, int]) -> SecretRule:
    _known(entry.fields, entry.where, {"reference", "kind", "name", "tries", "length", "change"})
    kind = entry.kind(SecretKind)
    length = entry.fields.get("length", [KEY_SIZE, KEY_SIZE])
    if not isinstance(length, list) or len(length) != 2 or any(type(one) is not int for one in length):
        raise _FieldError(f"{entry.where}.length is a list of the shortest and the longest")
    return SecretRule(
        reference=entry.number("reference"),
        kind=kind,
        name=entry.text("name"),
        tries=entry.number("tries"),
        shortest=length[0],
        longest=length[1],
        change=entry.access("change", names),
    )


def _file(entry: _Entry, names: Mapping[str, int]) -> FileRule:
    kind = entry.kind(FileKind)
    actions = {name for name, action in _ACTION_NAMES.items() if action in ACTIONS[kind]}
    _known(entry.fields, entry.where, _FILE_KEYS | actions)
    return FileRule(
        fid=entry.number("id"),
        kind=kind,
        name=entry.text("name"),
        size=entry.number("size", 0),
        count=entry.number("records", 0),
        maximum=entry.number("maximum", 0),
        step=entry.number("step", 0),
        initial=entry.text("initial", "").encode(),
        rules={_ACTION_NAMES[name]: entry.access(name, names) for name in actions},
    )


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise _FieldError(f"[{name}] is missing")
    return value


def _tables(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise _FieldError(f"[[{name}]] is a list of tables")
    return value


def _known(fields: Mapping[str, Any], where: str, names: set[str]) -> None:
    unknown = sorted(fields.keys() - names)
    if unknown:
        raise _FieldError(f"{where}.{unknown[0]} means nothing here; there are {', '.join(sorted(names))}")
