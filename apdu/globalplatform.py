"""Card management commands that issuer and card share: GlobalPlatform Card Specification 2.3.1 (GPCS).

The real card's commands are not public: that it answers to these is our design.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from apdu.errors import PackageError, TlvError
from apdu.package import Package
from apdu.tlv import Tlv, constructed, decode_all, find

# Instructions: GPCS clause 11
INITIALIZE_UPDATE: Final = 0x50
EXTERNAL_AUTHENTICATE: Final = 0x82
GET_STATUS: Final = 0xF2
SET_STATUS: Final = 0xF0
INSTALL: Final = 0xE6
LOAD: Final = 0xE8
DELETE: Final = 0xE4
PUT_KEY: Final = 0xD8
GET_DATA: Final = 0xCA
RESET_RETRY_COUNTER: Final = 0x2C  # ISO/IEC 7816-4 clause 11, behind the secure channel: our design

FOR_LOAD: Final = 0x02  # P1 of INSTALL: GPCS table 11-41
FOR_INSTALL_AND_MAKE_SELECTABLE: Final = 0x0C
FOR_INSTALL: Final = 0x04
FOR_MAKE_SELECTABLE: Final = 0x08

LAST_BLOCK: Final = 0x80  # P1 of LOAD: GPCS table 11-57
BLOCK_SIZE: Final = 223  # with padding and MAC in one short command

DOMAINS_AND_APPLICATIONS: Final = 0x40  # P1 of GET STATUS: GPCS table 11-33
ISSUER_DOMAIN: Final = 0x80
LOAD_FILES: Final = 0x20

SECURITY_DOMAIN_PRIVILEGE: Final = 0x80  # GPCS table 6-1
DOMAIN_LOAD_FILE: Final = bytes.fromhex("A0000001515350")  # GPCS annex H.1.3 and the test cards of GlobalPlatformPro
DOMAIN_MODULE: Final = bytes.fromhex("A000000151535041")

LOADED: Final = 0x01  # life cycle of a load file: GPCS table 11-3
INSTALLED: Final = 0x03  # of an application: GPCS table 11-4
SELECTABLE: Final = 0x07
PERSONALIZED: Final = 0x0F  # of a security domain: GPCS table 11-5
LOCKED_BIT: Final = 0x80

RESOURCES: Final = 0xFF21  # GET DATA: GPCS annex H.4, extended card resources
KEY_VERSION: Final = 0x30  # of a key set of SCP03: GPCS clause 11.1.9 keeps 30 to 3F for it
PROVIDER_KEY_VERSION: Final = 0x73  # GPCS clause 11.1.9: the key that verifies load files
KEY_CHECK_SIZE: Final = 3  # the beginning of a block of 01 under the key: Amendment D v1.1.2 clause 4.1.4
_AES: Final = 0x88  # key types: GPCS table 11-16
_ECC_PUBLIC: Final = 0xB0


def encode_lengths(*values: bytes) -> bytes:
    """Length and value one behind the other, as INSTALL has them."""
    return b"".join(bytes((len(value),)) + value for value in values)


def decode_lengths(raw: bytes, count: int) -> tuple[bytes, ...]:
    """Exactly ``count`` values; ``TlvError`` for more, fewer or a cut one."""
    values = []
    for _ in range(count):
        value, raw = _take(raw)
        values.append(value)
    _require(not raw, "bytes follow the last field of the command")
    return tuple(values)


def _take(raw: bytes) -> tuple[bytes, bytes]:
    """The first value, and what is behind it."""
    _require(bool(raw) and len(raw) > raw[0], "a field of the command is missing or cut")
    end = 1 + raw[0]
    return raw[1:end], raw[end:]


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise TlvError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallForLoad:
    """GPCS table 11-42."""

    load_aid: bytes
    domain: bytes
    digest: bytes
    """SHA-256 of the load file data block."""

    def encode(self) -> bytes:
        """The data field, without parameters and token."""
        return encode_lengths(self.load_aid, self.domain, self.digest, b"", b"")

    @classmethod
    def decode(cls, raw: bytes) -> InstallForLoad:
        """``TlvError`` when it is none."""
        load_aid, domain, digest, _, _ = decode_lengths(raw, 5)
        return cls(load_aid=load_aid, domain=domain, digest=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallForInstall:
    """GPCS table 11-43. ``secrets`` and ``memory`` are our install parameters, inside C9."""

    load_aid: bytes
    module: bytes
    instance: bytes
    privileges: bytes = b"\x00"
    secrets: tuple[tuple[int, bytes], ...] = ()
    """The initial PINs and keys of the instance by reference."""
    memory: int | None = None
    """Bytes that a new security domain may fill, or None: all there are."""

    def encode(self) -> bytes:
        """The data field, without a token."""
        parameters = [Tlv(0xA1, bytes((reference,)) + value) for reference, value in self.secrets]
        if self.memory is not None:
            parameters.append(Tlv(0x82, self.memory.to_bytes(4)))
        field = Tlv(0xC9, b"".join(tlv.encode() for tlv in parameters)).encode()
        return encode_lengths(self.load_aid, self.module, self.instance, self.privileges, field, b"")

    @classmethod
    def decode(cls, raw: bytes) -> InstallForInstall:
        """``TlvError`` when it is none."""
        load_aid, module, instance, privileges, field, _ = decode_lengths(raw, 6)
        outer = find(decode_all(field), 0xC9)
        inner = () if outer is None else decode_all(outer.value)
        memory = find(inner, 0x82)
        _require(memory is None or len(memory.value) == 4, "the memory of a domain has four bytes")
        return cls(
            load_aid=load_aid,
            module=module,
            instance=instance,
            privileges=privileges,
            secrets=tuple((tlv.value[0], tlv.value[1:]) for tlv in inner if tlv.tag == 0xA1 and tlv.value),
            memory=None if memory is None else int.from_bytes(memory.value),
        )

    def __repr__(self) -> str:
        return f"InstallForInstall(instance={self.instance.hex()!r}, secrets=…)"


@dataclass(frozen=True, slots=True)
class LoadFile:
    """A load file: the provider's signature and the data block. GPCS clause 11.6.2.3."""

    provider: bytes
    signature: bytes
    block: bytes

    @property
    def package(self) -> Package:
        """What the block holds; ``PackageError`` when it is none."""
        return Package.decode(self.block)

    def encode(self) -> bytes:
        """DAP block and data block, as LOAD carries them."""
        dap = constructed(0xE2, (Tlv(0x4F, self.provider), Tlv(0xC3, self.signature)))
        return dap.encode() + Tlv(0xC4, self.block).encode()

    @classmethod
    def decode(cls, raw: bytes) -> LoadFile:
        """``PackageError`` when it is none."""
        try:
            dap, block = decode_all(raw)
            provider, signature = dap.children()
        except (TlvError, ValueError) as error:
            raise PackageError("this is no load file: a signature block and a data block") from error
        if (dap.tag, block.tag, provider.tag, signature.tag) != (0xE2, 0xC4, 0x4F, 0xC3):
            raise PackageError("this is no load file: a signature block and a data block")
        return cls(provider=provider.value, signature=signature.value, block=block.value)


@dataclass(frozen=True, slots=True)
class EncipheredKey:
    """One AES key of PUT KEY, under the data encryption key: Amendment D v1.1.2 clause 7.2."""

    size: int
    enciphered: bytes
    check: bytes


def encode_key_set(version: int, keys: Iterable[EncipheredKey]) -> bytes:
    """The data field of PUT KEY for the three keys of a domain."""
    body = bytes((version,))
    for key in keys:
        body += bytes((_AES, len(key.enciphered) + 1, key.size)) + key.enciphered
        body += bytes((len(key.check),)) + key.check
    return body


def decode_key_set(raw: bytes) -> tuple[int, tuple[EncipheredKey, ...]]:
    """Version and exactly three keys; ``TlvError`` when it is none."""
    rest = raw[1:]
    keys = []
    for _ in range(3):
        _require(rest[:1] == bytes((_AES,)), "an AES key is missing")
        value, rest = _take(rest[1:])
        check, rest = _take(rest)
        _require(bool(value) and len(check) == KEY_CHECK_SIZE, "a key has no length or no check value")
        keys.append(EncipheredKey(size=value[0], enciphered=value[1:], check=check))
    _require(not rest, "bytes follow the last key")
    return raw[0], tuple(keys)


def encode_provider_key(point: bytes) -> bytes:
    """The data field of PUT KEY for the public key of a provider (P-256)."""
    return bytes((PROVIDER_KEY_VERSION, _ECC_PUBLIC)) + encode_lengths(point) + b"\xf0\x01\x00\x00"


def decode_provider_key(raw: bytes) -> bytes:
    """The point; ``TlvError`` when it is none."""
    if len(raw) < 2 or raw[:2] != bytes((PROVIDER_KEY_VERSION, _ECC_PUBLIC)) or raw[-4:] != b"\xf0\x01\x00\x00":
        raise TlvError("this is no public key of P-256")
    return decode_lengths(raw[2:-4], 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the registry as GET STATUS answers it: GPCS table 11-36."""

    aid: bytes
    state: int
    domain: bytes
    is_domain: bool = False
    load_aid: bytes = b""

    def encode(self) -> bytes:
        """One object E3."""
        privileges = bytes((SECURITY_DOMAIN_PRIVILEGE if self.is_domain else 0, 0, 0))
        parts = [Tlv(0x4F, self.aid), Tlv(0x9F70, bytes((self.state,))), Tlv(0xC5, privileges)]
        if self.load_aid:
            parts.append(Tlv(0xC4, self.load_aid))
        return constructed(0xE3, (*parts, Tlv(0xCC, self.domain))).encode()

    @classmethod
    def decode_all(cls, raw: bytes) -> tuple[Entry, ...]:
        """``TlvError`` when they are none."""
        return tuple(cls._from(tlv) for tlv in decode_all(raw))

    @classmethod
    def _from(cls, tlv: Tlv) -> Entry:
        values = {child.tag: child.value for child in tlv.children()}
        if not {0x4F, 0x9F70, 0xC5, 0xCC} <= values.keys():
            raise TlvError("a line of the registry is not complete")
        return cls(
            aid=values[0x4F],
            state=int.from_bytes(values[0x9F70]),
            domain=values[0xCC],
            is_domain=bool(values[0xC5][:1] == bytes((SECURITY_DOMAIN_PRIVILEGE,))),
            load_aid=values.get(0xC4, b""),
        )
