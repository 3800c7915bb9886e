"""Status words: any 16 bits, with the families of ISO/IEC 7816-4 clause 5.6 as constructors and properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class StatusWord:
    """The two bytes SW1-SW2 that end every response. Total: each of the 65,536 values round-trips."""

    value: int

    OK: ClassVar[StatusWord]

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 0xFFFF:
            raise ValueError(f"a status word has 16 bits, not {self.value:#x}")

    @classmethod
    def from_bytes(cls, raw: bytes) -> StatusWord:
        """Read exactly two bytes; ``ValueError`` for any other length."""
        if len(raw) != 2:
            raise ValueError(f"a status word is 2 bytes, not {len(raw)}")
        return cls(raw[0] << 8 | raw[1])

    @classmethod
    def with_tries_left(cls, tries: int) -> StatusWord:
        """``63Cx``: a comparison failed, or was only asked about; ``tries`` 0..15 remain (clause 5.6, 63CX)."""
        if not 0 <= tries <= 15:
            raise ValueError(f"63Cx carries 0..15 tries, not {tries}")
        return cls(0x63C0 | tries)

    @classmethod
    def with_more_data(cls, available: int) -> StatusWord:
        """``61xx``: ``available`` (1..256) bytes wait for GET RESPONSE."""
        if not 1 <= available <= 256:
            raise ValueError(f"61xx announces 1..256 bytes, not {available}")
        return cls(0x6100 | available & 0xFF)

    @classmethod
    def with_exact_ne(cls, ne: int) -> StatusWord:
        """``6Cxx``: ask again with this Ne (1..256)."""
        if not 1 <= ne <= 256:
            raise ValueError(f"6Cxx corrects Ne to 1..256, not {ne}")
        return cls(0x6C00 | ne & 0xFF)

    @property
    def sw1(self) -> int:
        """The first byte."""
        return self.value >> 8

    @property
    def sw2(self) -> int:
        """The second byte."""
        return self.value & 0xFF

    @property
    def is_ok(self) -> bool:
        """True for ``9000`` alone: warnings and 61xx are not plain success."""
        return self.value == 0x9000

    @property
    def tries_left(self) -> int | None:
        """Tries in ``63Cx`` (caps at 15 by its four bits), else None."""
        return self.value & 0xF if self.value & 0xFFF0 == 0x63C0 else None

    @property
    def more_data(self) -> int | None:
        """Bytes announced by ``61xx`` (00 means 256), else None."""
        return (self.sw2 or 256) if self.sw1 == 0x61 else None

    @property
    def exact_ne(self) -> int | None:
        """The Ne that ``6Cxx`` asks for (00 means 256), else None."""
        return (self.sw2 or 256) if self.sw1 == 0x6C else None

    def __bytes__(self) -> bytes:
        return self.value.to_bytes(2)

    def __str__(self) -> str:
        return f"{self.value:04X}"

    def __repr__(self) -> str:
        return f"StatusWord(0x{self.value:04X})"


StatusWord.OK = StatusWord(0x9000)
