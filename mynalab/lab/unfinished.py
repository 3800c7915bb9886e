"""What the counter has begun for a person: kept beside the cards until they are where the register is.

The register always comes first. What lies here is enough to bring the cards after it, also for the next process when
this one dies in between: the keys of the new certificates, and whether the records change, too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from jpki.kinds import CaKind
from jpki.registry.certifying import CertificateMaker, CertificateOrder, MadeCertificate
from jpki.registry.records import CertificateId
from mynalab.lab.cards import UNFINISHED
from mynalab.lab.certify import CertifyingDesk
from mynalab.lab.files import read_part, refusals_explained, write_atomically
from mynalab.lab.paths import LabPaths


class Unfinished:
    """One person's. Hold the cards' lock."""

    def __init__(self, paths: LabPaths, person_id: str) -> None:
        self._directory = paths.cards / f"{UNFINISHED}{person_id}"
        self._records = self._directory / "records"

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return self._directory.exists()

    @property
    def has_records(self) -> bool:
        """Whether the records on the cards are to change."""
        return self._records.exists()

    def begin(self, *, records: bool) -> None:
        """Before the register hears of the operation."""
        with refusals_explained(self._directory):
            self._directory.mkdir(mode=0o700)
            if records:
                self._records.touch()

    def keeping(self, desk: CertifyingDesk) -> CertificateMaker:
        """A maker whose keys lie here before the register has their certificates."""
        return _Keeping(desk, self)

    def keep(self, id_: CertificateId, private_key: bytes) -> None:
        """Keep a key, PKCS #8 DER."""
        write_atomically(self._directory / f"{id_.kind.value}-{id_.serial}.key", private_key, mode=0o600)

    def keys_kept(self) -> Iterator[tuple[CertificateId, bytes]]:
        """Those of certificates that may have been issued, in the order of their numbers."""
        for path in sorted(self._directory.glob("*.key")):
            kind, _, serial = path.stem.partition("-")
            yield CertificateId(CaKind(kind), int(serial)), read_part(path)

    def end(self) -> None:
        """The cards are where the register is."""
        with refusals_explained(self._directory):
            shutil.rmtree(self._directory)


class _Keeping:
    """See ``Unfinished.keeping``."""

    def __init__(self, desk: CertifyingDesk, unfinished: Unfinished) -> None:
        self._desk = desk
        self._unfinished = unfinished

    def make(self, order: CertificateOrder) -> MadeCertificate:
        """Sign one certificate, once its key is kept."""
        made = self._desk.make(order)
        self._unfinished.keep(CertificateId(order.kind, order.serial), self._desk.take(order.kind, order.serial))
        return made
