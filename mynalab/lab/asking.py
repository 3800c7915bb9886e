"""The way to a lab's own responder that other processes can take: it names the lab, and each opens it for itself."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from jpki.verify.trust import TrustAnchor
from mynalab.lab.generations import standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.lab.responder import LabResponder

_OPEN_UNTIL_THE_END: Final = ExitStack()


@dataclass(frozen=True, slots=True)
class LabTransport:
    """See ``jpki.verify.ocsp.OcspTransport``."""

    directory: Path

    def __call__(self, request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:  # noqa: ARG002
        """The response of the responder in this process."""
        return _responder(self.directory).answer(request, at=now).der


@lru_cache(maxsize=1)
def _responder(directory: Path) -> LabResponder:
    lab = Lab.open(directory)
    return LabResponder(lab, _OPEN_UNTIL_THE_END.enter_context(open_register(lab)))


def authorities_by_name(lab: Lab) -> dict[str, bytes]:
    """The key identifiers of the lab's CAs by their labels: sign, auth, sign-earlier, …"""
    return {ca.label: ca.key_id for ca in standing_cas(lab)}
