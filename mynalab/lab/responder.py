"""The lab's OCSP responder: delegated by every generation of both CAs, with certificates that are renewed in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from jpki.algorithms import P_384, KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.certificate import issue_responder
from jpki.ocsp.errors import ResponderError
from jpki.ocsp.faults import Workshop
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.responder import OcspAnswer, Responder
from jpki.registry.interfaces import Register
from jpki.registry.status_source import RegisterStatusSource
from jpki.signer import Signer, SoftwareSigner
from mynalab import keysource
from mynalab.errors import LabBrokenError
from mynalab.keysource import CA_KEYS
from mynalab.lab.authorities import authority_of
from mynalab.lab.cv import application_keys_of
from mynalab.lab.files import read_part, refusals_explained, taking_turns
from mynalab.lab.generations import CaWatch, LabCa
from mynalab.lab.lab import Lab
from mynalab.lab.published import publish_certificate

# Certificates live for thirty days (``jpki.ocsp.certificate``); each follows the one before it after fifteen.
_SHIFT: Final = timedelta(days=15)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Of the pool of the applications beside JPKI, whose first keys are nobody's card's; on P-384 any number is a key.
_KEY, _STRANGERS_KEY = CA_KEYS - 1, CA_KEYS - 2


class LabResponder:
    """See ``jpki.ocsp.responder.Answering``. Serves many threads."""

    def __init__(self, lab: Lab, register: Register) -> None:
        self._lab = lab
        self._register = register
        self.source = RegisterStatusSource(register)
        self._watch = CaWatch(lab)
        self._guard = threading.Lock()
        self._on_duty: tuple[object, Responder] | None = None
        self._signers: dict[tuple[KeyAlgorithm, int], Signer] = {}

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        """Answer any bytes, with the certificates of that time."""
        return self._responder(at).answer(request, at=at)

    def workshop(self, at: datetime) -> Workshop:
        """What forged answers are made of."""
        cas = self._watch.publishing(at)
        algorithms = list(dict.fromkeys(ca.algorithm for ca in cas))
        return Workshop(
            authorities=tuple(authority_of(self._lab, ca) for ca in cas),
            signers=tuple(self._signer(algorithm, _KEY) for algorithm in algorithms),
            strangers=tuple(self._signer(algorithm, _STRANGERS_KEY) for algorithm in algorithms),
            source=self.source,
        )

    def _responder(self, at: datetime) -> Responder:
        cas = self._watch.publishing(at)
        shift = (at - _EPOCH) // _SHIFT
        duty = (shift, tuple(ca.key_id for ca in cas))
        with self._guard:
            if self._on_duty is None or self._on_duty[0] != duty:
                self._on_duty = duty, Responder(list(self._identities(cas, shift)), self.source)
            return self._on_duty[1]

    def _identities(self, cas: tuple[LabCa, ...], shift: int) -> Iterator[ResponderIdentity]:
        for ca in cas:
            authority = authority_of(self._lab, ca)
            signer = self._signer(ca.algorithm, _KEY)
            begin = max(_EPOCH + shift * _SHIFT, authority.not_before)
            path = self._lab.paths.responder_certificate(ca.label, begin)
            certificate = self._certificate(path, authority, signer, begin)
            try:
                yield ResponderIdentity.delegated(authority, certificate, signer)
            except ResponderError as error:
                raise LabBrokenError(
                    f"{path}: {error}", hint="remove the file: another is made in its place"
                ) from error

    def _certificate(self, path: Path, authority: Authority, signer: Signer, begin: datetime) -> bytes:
        """That of this shift: the one that was made before, also by another process, or a new one."""
        with taking_turns(self._lab.paths.public):
            if path.exists():
                return read_part(path)
            with refusals_explained(path.parent):
                path.parent.mkdir(exist_ok=True)
            serial = self._register.reserve(authority.kind)[0]
            certificate = issue_responder(authority, public_key=signer.public_key, serial=serial, now=begin)
            publish_certificate(path, certificate)
        return certificate

    def _signer(self, algorithm: KeyAlgorithm, number: int) -> Signer:
        if (algorithm, number) not in self._signers:
            derived = keysource.derived_keys(f"{self._lab.settings.seed}/ocsp")
            source = derived if algorithm is P_384 else application_keys_of(self._lab.settings)
            self._signers[algorithm, number] = SoftwareSigner.load(source(number))
        return self._signers[algorithm, number]


def kinds_served(responder: LabResponder) -> dict[CaKind, LabResponder]:
    """One responder answers at both addresses: a request may be about both CAs."""
    return dict.fromkeys(CaKind, responder)
