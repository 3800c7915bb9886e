"""What a card signs in a ceremony: a structure that no other ceremony, origin or protocol can mean.

    label                          ASCII, ends with 00: purpose and version
    SHA-256(origin)                32 bytes; origin in ASCII
    SHA-256(nonce)                 32 bytes
    expiry                         8 bytes, big-endian: seconds since 1970-01-01T00:00:00Z
    SHA-256(document)              32 bytes, in ceremonies about a document

The pattern is Web eID's hash(origin) || hash(nonce), with the purpose in front, since JPKI's keys serve many. Every
field has a fixed length for its label and the expiry is a whole second, so two different statements never have the
same bytes. The card signs it in the one algorithm of its key (``jpki.algorithms``): RSASSA-PKCS1-v1_5 with SHA-256,
which every Individual Number Card of today can do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Final

from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Purpose

NONCE_SIZE: Final = 32  # Web eID: at least 256 bits
DIGEST_SIZE: Final = 32


class StatementKind(Enum):
    """The ceremonies there are; the value is the label, version included."""

    LOG_IN = "mynalab log-in v1"
    CONTRACT = "mynalab contract v1"
    ACCOUNT = "mynalab account opening v1"
    CONSENT = "mynalab consent v1"
    ENROL = "mynalab enrolment v1"

    @property
    def purpose(self) -> Purpose:
        """What the certificate has to be good for; of an enrolment's two, the one that stays over a move."""
        return DOCUMENT_SIGNATURE if self.has_document else LOG_IN

    @property
    def has_document(self) -> bool:
        """Whether a text is signed."""
        return self in (StatementKind.CONTRACT, StatementKind.ACCOUNT, StatementKind.CONSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The fields of what is signed. ``document_digest`` is there where a text is signed and nowhere else."""

    kind: StatementKind
    origin: str
    nonce: bytes = field(repr=False)
    expires_at: datetime
    document_digest: bytes | None = None

    def __post_init__(self) -> None:
        if len(self.nonce) != NONCE_SIZE:
            raise ValueError(f"a nonce has {NONCE_SIZE} bytes, not {len(self.nonce)}")
        if not is_whole_second(self.expires_at):
            raise ValueError("a challenge ends at a whole second of a known time zone")
        if (self.document_digest is not None) is not self.kind.has_document:
            raise ValueError("a contract has the digest of its document, a log-in has none")
        if self.document_digest is not None and len(self.document_digest) != DIGEST_SIZE:
            raise ValueError(f"a SHA-256 digest has {DIGEST_SIZE} bytes, not {len(self.document_digest)}")

    def message(self) -> bytes:
        """Exactly the bytes that are signed."""
        return b"".join(
            (
                self.kind.value.encode("ascii") + b"\x00",
                sha256(self.origin.encode("ascii")).digest(),
                sha256(self.nonce).digest(),
                int(self.expires_at.timestamp()).to_bytes(8),
                self.document_digest or b"",
            )
        )


def is_whole_second(moment: datetime) -> bool:
    """True when 8 bytes of seconds say this moment, all of it and no other."""
    return moment.tzinfo is not None and not moment.microsecond
