"""Reading strict DER (ITU-T X.690) element by element, for structures of fixed shape.

Nothing recurses: what a structure leaves open (``ANY``, a name, an embedded certificate) is taken as one opaque
element, so nesting costs nothing however deep it goes.
"""

from __future__ import annotations

from typing import Final, Self

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
_TRUE: Final = b"\xff"
_HIGH_TAG: Final = 0x1F  # X.690 clause 8.1.2.4: tag numbers above 30, which no structure here has
_LONGEST_LENGTH: Final = 4  # octets: 4 GiB, more than any input here


def context(number: int) -> int:
    """The tag of an explicit, or constructed implicit, context element."""
    return 0xA0 | number


class DerReader:
    """A cursor over the elements between two offsets. ``ValueError`` for whatever is not what was asked for."""

    __slots__ = ("_at", "_der", "_end")

    def __init__(self, der: bytes, at: int = 0, end: int | None = None) -> None:
        self._der, self._at, self._end = der, at, len(der) if end is None else end

    @classmethod
    def only(cls, der: bytes, tag: int) -> Self:
        """A reader of the content of the one element that the bytes are."""
        outer = cls(der)
        start, end = outer._step(tag)
        outer.finish()
        return cls(der, start, end)

    def next_is(self, tag: int) -> bool:
        """True when an element with this tag follows."""
        return self._at < self._end and self._der[self._at] == tag

    def more(self) -> bool:
        """True when any element follows."""
        return self._at < self._end

    def enter(self, tag: int) -> DerReader:
        """A reader of the next element's content."""
        start, end = self._step(tag)
        return DerReader(self._der, start, end)

    def content(self, tag: int) -> bytes:
        """The next element's content."""
        start, end = self._step(tag)
        return self._der[start:end]

    def whole(self, tag: int | None = None) -> bytes:
        """The next element with its header; of any tag unless one is given."""
        begin = self._at
        self._step(tag)
        return self._der[begin : self._at]

    def integer(self) -> int:
        """INTEGER in its shortest form (X.690 clause 8.3.2)."""
        return _number(self.content(INTEGER))

    def enumerated(self) -> int:
        """ENUMERATED in its shortest form."""
        return _number(self.content(ENUMERATED))

    def true_or_absent(self) -> bool:
        """BOOLEAN DEFAULT FALSE: DER leaves the default out (X.690 clause 11.5) and writes TRUE as FF (11.1)."""
        if not self.next_is(BOOLEAN):
            return False
        if self.content(BOOLEAN) != _TRUE:
            raise ValueError("a BOOLEAN that may be left out is TRUE, written FF")
        return True

    def bits(self) -> bytes:
        """BIT STRING of whole octets."""
        content = self.content(BIT_STRING)
        if content[:1] != b"\x00":
            raise ValueError("a BIT STRING of whole octets has no unused bits")
        return content[1:]

    def finish(self) -> None:
        """``ValueError`` when anything follows."""
        if self._at != self._end:
            raise ValueError(f"{self._end - self._at} bytes follow the last element, at byte {self._at}")

    def _step(self, tag: int | None) -> tuple[int, int]:
        der, at, end = self._der, self._at, self._end
        if at + 2 > end:
            raise ValueError(f"an element is missing or cut at byte {at}")
        found = der[at]
        if found != tag and (tag is not None or found & _HIGH_TAG == _HIGH_TAG):
            raise ValueError(f"the tag {found:02X} at byte {at} does not belong there")
        length = der[at + 1]
        start = at + 2
        if length & 0x80:
            count = length & 0x7F
            start += count
            length = int.from_bytes(der[at + 2 : start])
            if not 1 <= count <= _LONGEST_LENGTH or length < 0x80 or length < 1 << 8 * (count - 1):
                raise ValueError(f"the length at byte {at + 1} is not in its shortest definite form")
        if start + length > end:
            raise ValueError(f"the element at byte {at} is longer than what it lies in")
        self._at = start + length
        return start, self._at


def _number(content: bytes) -> int:
    if not content or (len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7):
        raise ValueError("a number is not in its shortest form")
    return int.from_bytes(content, signed=True)
