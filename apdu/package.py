"""Card application packages: what an application of the free area is, and its one canonical encoding. Our design.

A package says which elementary files, PINs and keys an application has and who may do what with them. The card
interprets it; no code crosses the wire. The encoding is BER-TLV in one order only, so that one application has one
signature:

    80 format, 4F AID, C0 AID of the load file, C1 AID of the provider's domain, 50 label, 81 version,
    E2 {80 reference, 81 kind, 82 tries, 83 shortest and longest, 84 who may change it, 50 name} for each PIN and key,
    E3 {80 id, 81 kind, 50 name, 82 size, 83 count, 84 maximum, 85 step, 86 initial content, 87 rules} for each EF

Who may do something: one byte with the number of references, then these; FF is nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from apdu.errors import PackageError, TlvError
from apdu.layout.facts import FREE, NEVER, Access
from apdu.tlv import Tlv, constructed, decode_all

FORMAT: Final = 1
MAX_ID: Final = 30  # what P2 of READ BINARY and VERIFY can name: ISO/IEC 7816-4 clause 7.3.2
MAX_FILE: Final = 4096
MAX_RECORD: Final = 240  # with its protection, one fits in a short answer
MAX_RECORDS: Final = 254  # ISO/IEC 7816-4 clause 7.3.3
MAX_SECRETS: Final = 9  # the first values of all of them fit in one short INSTALL, encrypted and with its MAC
MAX_VALUE: Final = 0xFFFFFFFF
MAX_TRIES: Final = 15
KEY_SIZE: Final = 16  # AES-128
_AID_SIZES: Final = range(5, 17)  # ISO/IEC 7816-4 clause 12.2.3


class FileKind(IntEnum):
    """What an EF of a package is."""

    TRANSPARENT = 1
    LINEAR = 2
    CYCLIC = 3
    COUNTER = 4
    PURSE = 5
    TICKET = 6


class Action(IntEnum):
    """What can be done with an EF."""

    READ = 1
    UPDATE = 2
    APPEND = 3
    COUNT = 4
    CREDIT = 5
    DEBIT = 6
    ISSUE = 7
    REDEEM = 8


ACTIONS: Final = MappingProxyType(
    {
        FileKind.TRANSPARENT: frozenset({Action.READ, Action.UPDATE}),
        FileKind.LINEAR: frozenset({Action.READ, Action.UPDATE, Action.APPEND}),
        FileKind.CYCLIC: frozenset({Action.READ, Action.APPEND}),
        FileKind.COUNTER: frozenset({Action.READ, Action.COUNT}),
        FileKind.PURSE: frozenset({Action.READ, Action.CREDIT, Action.DEBIT}),
        FileKind.TICKET: frozenset({Action.READ, Action.ISSUE, Action.REDEEM}),
    }
)
"""What can be done with which kind of EF."""


class SecretKind(IntEnum):
    """How a secret is shown: VERIFY for a PIN, EXTERNAL AUTHENTICATE for a key."""

    PIN = 1
    KEY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRule:
    """A PIN or a key; its value comes with the installation, never with the package."""

    reference: int
    kind: SecretKind
    name: str
    tries: int
    shortest: int = KEY_SIZE
    longest: int = KEY_SIZE
    change: Access = NEVER
    """Whoever showed one of these may set a PIN anew."""

    def accepts(self, value: bytes) -> bool:
        """True for a value of the right length: digits for a PIN, any bytes for a key."""
        in_range = self.shortest <= len(value) <= self.longest
        return in_range and (self.kind is SecretKind.KEY or (value.isascii() and value.isdigit()))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRule:
    """An EF: its room, its limits and who may do what with it."""

    fid: int
    kind: FileKind
    name: str
    size: int = 0
    """Bytes of a transparent EF; the longest record; the longest text of a ticket."""
    count: int = 0
    """Records that there is room for."""
    maximum: int = 0
    """The highest value of a counter or purse."""
    step: int = 0
    """The largest change of a counter or purse at a time."""
    initial: bytes = field(default=b"", repr=False)
    rules: Mapping[Action, Access] = field(default_factory=dict)

    @property
    def footprint(self) -> int:
        """Bytes of the card that it takes: the room, and 32 to manage it (ours)."""
        room = {
            FileKind.TRANSPARENT: self.size,
            FileKind.LINEAR: (self.size + 2) * self.count,
            FileKind.CYCLIC: (self.size + 2) * self.count,
            FileKind.TICKET: self.size,
        }
        return room.get(self.kind, 8) + 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An application as its provider signs it."""

    aid: bytes
    load_aid: bytes
    provider: bytes
    """The AID of the security domain that alone may load it."""
    label: str
    version: int
    secrets: tuple[SecretRule, ...]
    files: tuple[FileRule, ...]

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise PackageError(problem)

    @property
    def footprint(self) -> int:
        """Bytes of the card that one instance takes (ours: 64, 32 a secret, and the EFs)."""
        return 64 + 32 * len(self.secrets) + sum(file.footprint for file in self.files)

    def file(self, fid: int) -> FileRule | None:
        """The EF with this id, or None."""
        return next((file for file in self.files if file.fid == fid), None)

    def secret(self, reference: int) -> SecretRule | None:
        """The PIN or key with this reference, or None."""
        return next((secret for secret in self.secrets if secret.reference == reference), None)

    def encode(self) -> bytes:
        """The canonical bytes, which the provider signs."""
        head = (
            Tlv(0x80, bytes((FORMAT,))),
            Tlv(0x4F, self.aid),
            Tlv(0xC0, self.load_aid),
            Tlv(0xC1, self.provider),
            Tlv(0x50, self.label.encode()),
            Tlv(0x81, self.version.to_bytes(2)),
        )
        body = (*map(_secret_to_tlv, self.secrets), *map(_file_to_tlv, self.files))
        return b"".join(tlv.encode() for tlv in (*head, *body))

    @classmethod
    def decode(cls, raw: bytes) -> Package:
        """Read exactly one package in its canonical form; ``PackageError`` for anything else."""
        try:
            package = _decode(raw)
        except (TlvError, ValueError, IndexError) as error:
            if isinstance(error, PackageError):
                raise
            raise PackageError(f"this is no card application package: {error}") from error
        if package.encode() != raw:
            raise PackageError("the package is not in its canonical form")
        return package


def _problems(package: Package) -> Iterator[str]:
    for what, aid in (("aid", package.aid), ("load_aid", package.load_aid), ("provider", package.provider)):
        if len(aid) not in _AID_SIZES:
            yield f"{what} has 5 to 16 bytes, not {len(aid)}"
    if len({package.aid, package.load_aid, package.provider}) != 3:
        yield "application, load file and provider have one AID each, all different"
    if not 1 <= len(package.label.encode()) <= 64:
        yield "the label has 1 to 64 bytes of UTF-8"
    if not 0 <= package.version <= 0xFFFF:
        yield "the version is 0 to 65535"
    references = [secret.reference for secret in package.secrets]
    fids = [file.fid for file in package.files]
    if len(references) > MAX_SECRETS:
        yield f"there are at most {MAX_SECRETS} PINs and keys, not {len(references)}"
    if references != sorted(set(references)) or fids != sorted(set(fids)):
        yield "secrets and files stand in the order of their numbers, each once"
    for secret in package.secrets:
        yield from _problems_of_secret(secret, references)
    for file in package.files:
        yield from _problems_of_file(file, references)


def _problems_of_secret(secret: SecretRule, references: list[int]) -> Iterator[str]:
    where = f"secret {secret.reference}"
    if not 1 <= secret.reference <= MAX_ID:
        yield f"{where}: references are 1 to {MAX_ID}"
    if not 1 <= secret.tries <= MAX_TRIES:
        yield f"{where}: tries are 1 to {MAX_TRIES}"
    if secret.kind is SecretKind.KEY and not secret.shortest == secret.longest == KEY_SIZE:
        yield f"{where}: a key has {KEY_SIZE} bytes"
    if not 1 <= secret.shortest <= secret.longest <= 16:
        yield f"{where}: a PIN has 1 to 16 characters"
    if secret.kind is SecretKind.KEY and not secret.change.is_never:
        yield f"{where}: keys are not changed by commands"
    yield from _problems_of_access(where, secret.change, references)


def _problems_of_file(file: FileRule, references: list[int]) -> Iterator[str]:
    where = f"file {file.fid}"
    if not 1 <= file.fid <= MAX_ID:
        yield f"{where}: ids are 1 to {MAX_ID}"
    with_records = file.kind in (FileKind.LINEAR, FileKind.CYCLIC)
    with_value = file.kind in (FileKind.COUNTER, FileKind.PURSE)
    largest = MAX_FILE if file.kind is FileKind.TRANSPARENT else MAX_RECORD
    if with_value != (file.size == 0) or not 0 <= file.size <= largest:
        yield f"{where}: a {file.kind.name.lower()} has {'no size' if with_value else f'a size of 1 to {largest}'}"
    if with_records != (file.count > 0) or file.count > MAX_RECORDS:
        yield f"{where}: record files have a count of 1 to {MAX_RECORDS}, others none"
    if with_value != (file.maximum > 0) or file.maximum > MAX_VALUE or not file.step <= file.maximum:
        yield f"{where}: counters and purses have a maximum and a step up to it, others none"
    if with_value != (file.step > 0):
        yield f"{where}: counters and purses have a step of at least 1, others none"
    if file.initial and (file.kind is not FileKind.TRANSPARENT or len(file.initial) > file.size):
        yield f"{where}: initial content is for transparent files, and fits in them"
    for action, access in file.rules.items():
        if action not in ACTIONS[file.kind]:
            yield f"{where}: a {file.kind.name.lower()} cannot {action.name.lower()}"
        yield from _problems_of_access(where, access, references)


def _problems_of_access(where: str, access: Access, references: list[int]) -> Iterator[str]:
    named = list(access.any_of or ())
    if named != sorted(set(named)):
        yield f"{where}: a rule names secrets in the order of their numbers, each once"
    unknown = set(named) - set(references)
    if unknown:
        yield f"{where}: a rule names the secret {min(unknown)}, which there is not"


def _encode_access(access: Access) -> bytes:
    if access.any_of is None:
        return b"\xff"
    return bytes((len(access.any_of), *access.any_of))


def _decode_access(raw: bytes) -> tuple[Access, bytes]:
    """The rule at the beginning, and what is behind it."""
    count = raw[0]
    if count == 0xFF:
        return NEVER, raw[1:]
    references = raw[1 : 1 + count]
    if len(references) != count:
        raise PackageError("a rule of the package is cut")
    return (Access(tuple(references)) if count else FREE), raw[1 + count :]


def _secret_to_tlv(secret: SecretRule) -> Tlv:
    return constructed(
        0xE2,
        (
            Tlv(0x80, bytes((secret.reference,))),
            Tlv(0x81, bytes((secret.kind,))),
            Tlv(0x82, bytes((secret.tries,))),
            Tlv(0x83, bytes((secret.shortest, secret.longest))),
            Tlv(0x84, _encode_access(secret.change)),
            Tlv(0x50, secret.name.encode()),
        ),
    )


def _file_to_tlv(file: FileRule) -> Tlv:
    rules = b"".join(bytes((action,)) + _encode_access(file.rules[action]) for action in sorted(file.rules))
    return constructed(
        0xE3,
        (
            Tlv(0x80, bytes((file.fid,))),
            Tlv(0x81, bytes((file.kind,))),
            Tlv(0x50, file.name.encode()),
            Tlv(0x82, file.size.to_bytes(2)),
            Tlv(0x83, bytes((file.count,))),
            Tlv(0x84, file.maximum.to_bytes(4)),
            Tlv(0x85, file.step.to_bytes(4)),
            Tlv(0x86, file.initial),
            Tlv(0x87, rules),
        ),
    )


def _decode(raw: bytes) -> Package:
    objects = decode_all(raw)
    head = _values(objects[:6], 0x80, 0x4F, 0xC0, 0xC1, 0x50, 0x81)
    if head[0] != bytes((FORMAT,)):
        raise PackageError("the package has another format", hint="build it with this release")
    rest = objects[6:]
    if {tlv.tag for tlv in rest} - {0xE2, 0xE3}:
        raise PackageError("the package has parts that this release does not know")
    return Package(
        aid=head[1],
        load_aid=head[2],
        provider=head[3],
        label=head[4].decode(),
        version=int.from_bytes(head[5]),
        secrets=tuple(_secret_from_tlv(tlv) for tlv in rest if tlv.tag == 0xE2),
        files=tuple(_file_from_tlv(tlv) for tlv in rest if tlv.tag == 0xE3),
    )


def _values(objects: tuple[Tlv, ...], *tags: int) -> tuple[bytes, ...]:
    if tuple(tlv.tag for tlv in objects) != tags:
        raise PackageError("the package lacks a part, or has them in another order")
    return tuple(tlv.value for tlv in objects)


def _secret_from_tlv(tlv: Tlv) -> SecretRule:
    reference, kind, tries, lengths, change, name = _values(tlv.children(), 0x80, 0x81, 0x82, 0x83, 0x84, 0x50)
    return SecretRule(
        reference=int.from_bytes(reference),
        kind=SecretKind(int.from_bytes(kind)),
        name=name.decode(),
        tries=int.from_bytes(tries),
        shortest=lengths[0],
        longest=lengths[1],
        change=_decode_access(change)[0],
    )


def _file_from_tlv(tlv: Tlv) -> FileRule:
    tags = (0x80, 0x81, 0x50, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87)
    fid, kind, name, size, count, maximum, step, initial, rest = _values(tlv.children(), *tags)
    rules: dict[Action, Access] = {}
    while rest:
        action = Action(rest[0])
        rules[action], rest = _decode_access(rest[1:])
    return FileRule(
        fid=int.from_bytes(fid),
        kind=FileKind(int.from_bytes(kind)),
        name=name.decode(),
        size=int.from_bytes(size),
        count=int.from_bytes(count),
        maximum=int.from_bytes(maximum),
        step=int.from_bytes(step),
        initial=initial,
        rules=rules,
    )
