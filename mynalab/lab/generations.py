"""The CAs of a lab: which generations a lab begins with, and which of those that stand issues at a moment.

All generations of a CA have one name; the key tells them apart. A lab begins with three, in the rhythm of JPKI's own
(2015-10, 2019-09, 2023-07: six CA certificates of JPKI): the youngest issues, all three publish. ``mynalab pki
rollover`` adds another. Those of the next cards (次期個人番号カード, our design) have keys on P-384 and come into being
with the first such card.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.kinds import CaKind
from jpki.verify.certificate import ReadCertificate, read_certificate
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part, reading_explained
from mynalab.lab.lab import Lab
from mynalab.lab.settings import LabSettings

KINDS: Final = (CaKind.SIGN, CaKind.AUTH)

# The youngest is older than the lab, so that its cards may have been issued some time ago.
CA_AGE: Final = timedelta(days=365)
# The days between the roots of JPKI's signing CA: 2015-10-20, 2019-09-15, 2023-07-16 in Japan.
_SECOND_TO_THIRD: Final = timedelta(days=1400)
_FIRST_TO_SECOND: Final = timedelta(days=1426)

_TICK_NS: Final = 100_000_000
"""More than any file system rounds its times to."""
_CA_FILE: Final = re.compile(r"((?:sign|auth)(?:-[a-z0-9]+)?)-ca\.cer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """How a generation of both CAs comes into being without being asked for.

    ``key`` is the number of the signing CA's among the lab's keys of the algorithm; the other CA's is one above.
    """

    suffix: str
    age: timedelta
    """Before the lab's own creation."""
    key: int
    algorithm: KeyAlgorithm = RSA_2048

    def label(self, kind: CaKind) -> str:
        """What its files are called."""
        return kind.value + self.suffix

    def since(self, settings: LabSettings) -> datetime:
        """From when on it issues."""
        return settings.created - self.age


FOUNDINGS: Final = (
    Founding(suffix="-first", age=CA_AGE + _SECOND_TO_THIRD + _FIRST_TO_SECOND, key=-4),
    Founding(suffix="-earlier", age=CA_AGE + _SECOND_TO_THIRD, key=-2),
    Founding(suffix="", age=CA_AGE, key=0),
)
"""What a lab begins with, in the order of their beginnings."""
# Choice: those of the next cards are as old as the oldest, so that whatever a persona tells of is after them.
NEXT_CARDS: Final = Founding(suffix="-next", age=FOUNDINGS[0].age, key=0, algorithm=P_384)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabCa:
    """One generation of one CA that stands in the lab, as its certificate tells."""

    label: str
    kind: CaKind
    algorithm: KeyAlgorithm
    """Of its key and of those that it certifies."""
    key_id: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    certificate_der: bytes = field(repr=False)


def standing_cas(lab: Lab) -> tuple[LabCa, ...]:
    """Every CA that there is in the lab: the signing CA's generations first, each from the youngest to the oldest.

    ``LabBrokenError`` when the certificate of one is unreadable, or when those are missing that every lab has.
    """
    with reading_explained(lab.paths.public):
        files = [_CA_FILE.fullmatch(file.name) for file in lab.paths.public.iterdir()]
    labels = {found[1] for found in files if found}
    cas = [_read(lab, label) for label in labels | {kind.value for kind in KINDS}]
    return tuple(sorted(cas, key=lambda ca: (KINDS.index(ca.kind), -ca.not_before.timestamp(), ca.label)))


class CaWatch:
    """``standing_cas``, read again only when the directory has changed: a responder asks thousands of times a second.

    A change within the file system's tick of the last look would not be seen; hence what is as young as that is read
    each time.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._seen: tuple[int, tuple[LabCa, ...]] | None = None

    def standing(self) -> tuple[LabCa, ...]:
        """Every CA that there is now."""
        with reading_explained(self._lab.paths.public):
            changed_ns = self._lab.paths.public.stat().st_mtime_ns
        seen = self._seen
        if seen is not None and seen[0] == changed_ns:
            return seen[1]
        cas = standing_cas(self._lab)
        self._seen = (changed_ns, cas) if _settled(changed_ns) else None
        return cas

    def publishing(self, at: datetime) -> tuple[LabCa, ...]:
        """Those that sign lists at a moment."""
        return _publishing(self.standing(), at)


def _settled(changed_ns: int) -> bool:
    return time.time_ns() - changed_ns > _TICK_NS


def publishing_cas(lab: Lab, at: datetime) -> tuple[LabCa, ...]:
    """Those that sign lists at a moment: all that have begun and not ended."""
    return _publishing(standing_cas(lab), at)


def _publishing(cas: Iterable[LabCa], at: datetime) -> tuple[LabCa, ...]:
    return tuple(ca for ca in cas if ca.not_before <= at <= ca.not_after)


def _read(lab: Lab, label: str) -> LabCa:
    path = lab.paths.ca_certificate(label)
    certificate_der = read_part(path)
    read = read_certificate(certificate_der)
    if not isinstance(read, ReadCertificate):
        raise LabBrokenError(
            f"{path}: {read.message}", hint="restore the file, or make another lab: mynalab lab init DIR"
        )
    return LabCa(
        label=label,
        kind=CaKind(label.partition("-")[0]),
        algorithm=read.key_algorithm,
        key_id=read.key_id,
        serial=read.serial,
        not_before=read.not_before,
        not_after=read.not_after,
        certificate_der=certificate_der,
    )


def ca_at(cas: Iterable[LabCa], kind: CaKind, moment: datetime, algorithm: KeyAlgorithm = RSA_2048) -> LabCa | None:
    """The CA that issues at ``moment`` to cards with keys of this algorithm: the youngest that has begun."""
    begun = (ca for ca in cas if ca.kind is kind and ca.algorithm is algorithm and ca.not_before <= moment)
    return max(begun, key=lambda ca: ca.not_before, default=None)


def ca_with_key(cas: Iterable[LabCa], key_id: bytes) -> LabCa:
    """The CA with this key; ``LabBrokenError`` when there is none."""
    for ca in cas:
        if ca.key_id == key_id:
            return ca
    raise LabBrokenError(
        f"the register names a CA with the key {key_id.hex()}, and the lab has none",
        hint="restore the directories ca and public, or make another lab: mynalab lab init DIR",
    )
