"""Walking DER by offsets (ITU-T X.690), for the few structures whose bytes themselves matter."""

from __future__ import annotations

from typing import Final

from apdu.tlv import header_size

# X.690 clause 8.1.2 and X.680 clause 8.4: universal tags, with the constructed bit where it applies.
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30

MAX_HEADER_SIZE: Final = 6  # a tag of one byte and a length below 4 GiB


def element(der: bytes, at: int, tag: int) -> tuple[int, int]:
    """Begin and end of the content of the element at ``at``, which has this tag.

    ``ValueError`` or ``IndexError`` when it has another, is cut, or its length is not in the shortest form.
    """
    if der[at] != tag:
        raise ValueError(f"byte {at} is {der[at]:02X} where the tag {tag:02X} belongs")
    begin, length = _content(der, at)
    if begin + length > len(der):
        raise ValueError(f"the element at byte {at} is cut")
    return begin, begin + length


def _content(der: bytes, at: int) -> tuple[int, int]:
    """Where the content begins and how long it is. The two forms that nearly all lengths have are read on the way."""
    head = der[at + 1 : at + 4]
    if head and head[0] < 0x80:  # X.690 clause 8.1.3.4
        return at + 2, head[0]
    if len(head) == 3 and head[0] == 0x82 and head[1]:
        return at + 4, head[1] << 8 | head[2]
    header, length = header_size(der[at : at + MAX_HEADER_SIZE])
    return at + header, length
