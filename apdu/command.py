"""Command APDUs: the seven cases of ISO/IEC 7816-4 clause 5.2 and ISO/IEC 7816-3 clause 12.1.

case   bytes after the header             Nc        Ne
1      –                                  –         –
2S     Le                                 –         1..256
2E     00 Le Le                           –         1..65,536
3S     Lc data                            1..255    –
3E     00 Lc Lc data                      1..65,535 –
4S     Lc data Le                         1..255    1..256
4E     00 Lc Lc data Le Le                1..65,535 1..65,536
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from apdu.errors import CommandError

MAX_SHORT_NC = 255
MAX_SHORT_NE = 256
MAX_EXTENDED_NC = 65_535
MAX_EXTENDED_NE = 65_536


class Case(Enum):
    """Which of the seven encodings a command APDU has."""

    CASE_1 = "1"
    CASE_2S = "2S"
    CASE_2E = "2E"
    CASE_3S = "3S"
    CASE_3E = "3E"
    CASE_4S = "4S"
    CASE_4E = "4E"

    @property
    def is_extended(self) -> bool:
        """True for the forms with two- or three-byte length fields."""
        return self in (Case.CASE_2E, Case.CASE_3E, Case.CASE_4E)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command APDU by its fields.

    ``ne`` is the number of bytes wanted, 1..65,536, or None when the command asks for none; Le is its
    encoding and exists only in bytes. ``extended`` asks for the extended form where the short one would do;
    a command that needs it gets it anyway.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    ne: int | None = None
    extended: bool = False

    def __post_init__(self) -> None:
        if (self.cla | self.ins | self.p1 | self.p2) & ~0xFF:
            raise CommandError("CLA, INS, P1 and P2 are one byte each")
        if len(self.data) > MAX_EXTENDED_NC:
            raise CommandError(f"the data field holds at most {MAX_EXTENDED_NC} bytes, not {len(self.data)}")
        if self.ne is not None and not 1 <= self.ne <= MAX_EXTENDED_NE:
            raise CommandError(f"Ne is 1..{MAX_EXTENDED_NE} or None, not {self.ne}")

    @property
    def nc(self) -> int:
        """Number of bytes in the data field."""
        return len(self.data)

    @property
    def p1p2(self) -> int:
        """P1 and P2 as one 16-bit number."""
        return self.p1 << 8 | self.p2

    @property
    def case(self) -> Case:
        """The case that ``encode`` writes."""
        long = self.extended or self.nc > MAX_SHORT_NC or (self.ne or 0) > MAX_SHORT_NE
        if not self.data:
            if self.ne is None:
                return Case.CASE_1
            return Case.CASE_2E if long else Case.CASE_2S
        if self.ne is None:
            return Case.CASE_3E if long else Case.CASE_3S
        return Case.CASE_4E if long else Case.CASE_4S

    def encode(self) -> bytes:
        """The bytes on the wire; the shortest form unless ``extended``."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        case = self.case
        if case is Case.CASE_1:
            return header
        if not case.is_extended:
            lc = bytes((self.nc,)) + self.data if self.data else b""
            le = b"" if self.ne is None else bytes((self.ne & 0xFF,))
            return header + lc + le
        lc = self.nc.to_bytes(2) + self.data if self.data else b""
        le = b"" if self.ne is None else (self.ne & 0xFFFF).to_bytes(2)
        return header + b"\x00" + lc + le

    @classmethod
    def decode(cls, raw: bytes) -> Command:
        """Read exactly one command APDU; ``CommandError`` when the bytes are none of the seven cases.

        A fifth byte 00 alone is Le (case 2S, Ne 256), as T=1 and T=CL leave no other reading.
        """
        length = len(raw)
        if length < 4:
            raise CommandError(f"a command APDU has at least 4 bytes, this one {length}")
        data = b""
        ne: int | None = None
        extended = False
        if length == 5:
            ne = raw[4] or MAX_SHORT_NE
        elif length > 5:
            if raw[4]:
                data, ne = _decode_short_body(raw)
            else:
                data, ne = _decode_extended_body(raw)
                extended = True
        return _assembled(cls, raw, data, ne, extended=extended)

    def __str__(self) -> str:
        body = f" Lc={self.nc}" if self.data else ""
        want = f" Ne={self.ne}" if self.ne is not None else ""
        return f"{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X}{body}{want}"


def _assembled(cls: type[Command], header: bytes, data: bytes, ne: int | None, *, extended: bool) -> Command:
    """What the bytes of an APDU say is in range: without ``__init__`` and its checks, decoding takes half the time."""
    command = object.__new__(cls)
    put = object.__setattr__  # the class is frozen
    put(command, "cla", header[0])
    put(command, "ins", header[1])
    put(command, "p1", header[2])
    put(command, "p2", header[3])
    put(command, "data", data)
    put(command, "ne", ne)
    put(command, "extended", extended)
    return command


def _decode_short_body(raw: bytes) -> tuple[bytes, int | None]:
    end = 5 + raw[4]
    if len(raw) == end:
        return bytes(raw[5:end]), None
    if len(raw) == end + 1:
        return bytes(raw[5:end]), raw[end] or MAX_SHORT_NE
    raise CommandError(f"Lc says {raw[4]} bytes of data, but {len(raw) - 5} bytes follow it")


def _decode_extended_body(raw: bytes) -> tuple[bytes, int | None]:
    if len(raw) == 6:
        raise CommandError("an extended length field has 3 bytes, only 2 are there")
    number = raw[5] << 8 | raw[6]
    if len(raw) == 7:
        return b"", number or MAX_EXTENDED_NE
    if number == 0:
        raise CommandError("an extended Lc of 0 cannot be encoded: leave the data field out")
    end = 7 + number
    if len(raw) == end:
        return bytes(raw[7:end]), None
    if len(raw) == end + 2:
        return bytes(raw[7:end]), (raw[end] << 8 | raw[end + 1]) or MAX_EXTENDED_NE
    raise CommandError(f"extended Lc says {number} bytes of data, but {len(raw) - 7} bytes follow it")
