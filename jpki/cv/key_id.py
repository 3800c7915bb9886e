"""Key identifiers: 16 bytes, shown as ``8000020/001``.

Measured: soltia48/myna-card src/ca.rs, src/data.rs: seven ASCII digits, ``08 05``, three ASCII digits, four bytes of
filler. Production CAs are 5000020, 5000023 and 5000033, the public test CAs 6000020, 6000023 and 6000033; a
municipality's key begins with its code (1322121/000 for 13221). The lab's begin with 8, which nobody is known to use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from jpki.cv.errors import CvFormatError

SIZE: Final = 16
_MARK: Final = b"\x08\x05"
_FILLER: Final = b"\xff" * 4  # Choice: sources name four bytes of filler and not their value; FF is this card's filler
_SHOWN: Final = re.compile(r"([0-9]{7})/([0-9]{3})")


@dataclass(frozen=True, slots=True)
class KeyId:
    """Whose key (seven digits), and which of them (three). The filler is kept as it was read."""

    owner: str
    generation: str
    filler: bytes = _FILLER

    def __post_init__(self) -> None:
        if not _SHOWN.fullmatch(f"{self.owner}/{self.generation}") or len(self.filler) != len(_FILLER):
            raise CvFormatError("a key identifier is seven digits, three digits and four bytes of filler")

    @classmethod
    def parse(cls, shown: str) -> Self:
        """Read the form ``8000020/001``."""
        match = _SHOWN.fullmatch(shown)
        if match is None:
            raise CvFormatError(f"{shown!r} is no key identifier", hint="write it as 8000020/001")
        return cls(match[1], match[2])

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read the 16 bytes; ``CvFormatError`` for anything else."""
        if len(raw) != SIZE or raw[7:9] != _MARK or not (raw[:7].isdigit() and raw[9:12].isdigit()):
            raise CvFormatError("a key identifier is seven digits, 08 05, three digits and four bytes of filler")
        return cls(raw[:7].decode("ascii"), raw[9:12].decode("ascii"), bytes(raw[12:]))

    def encode(self) -> bytes:
        """The 16 bytes."""
        return self.owner.encode() + _MARK + self.generation.encode() + self.filler

    def __str__(self) -> str:
        return f"{self.owner}/{self.generation}"


# Choice: which of the three CA numbers is what is not public; the lab takes the first for the root.
LAB_ROOT: Final = KeyId("8000020", "001")
LAB_INTERMEDIATE: Final = KeyId("8000023", "001")
# What the records name besides (x000034 in EF 0005 of the text application, x000024 in EF 0003 of the face).
LAB_TEXT_REFERENCE: Final = KeyId("8000034", "001")
LAB_FACE_REFERENCE: Final = KeyId("8000024", "001")


def lab_municipality(code: str) -> KeyId:
    """The key of a municipality by its five digits, in the form measured for 13221: 1322121/000."""
    if not re.fullmatch(r"[0-9]{5}", code):
        raise CvFormatError("a municipality code is five digits, without the check digit")
    return KeyId(f"{code}21", "000")
