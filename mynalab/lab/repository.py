"""The lab's repository: lists, CA certificates and OCSP at addresses, with faults where they are asked for."""

from __future__ import annotations

from datetime import datetime

from jpki.registry.interfaces import Register
from jpki.repository.faults.plan import PkiFaultPlan
from jpki.repository.faults.service import FaultyService
from jpki.repository.faults.substitutes import substitutes
from jpki.repository.messages import Service
from jpki.repository.repository import Repository
from jpki.repository.schedule import DEFAULT_HOUR_JST
from mynalab.lab.lab import Lab
from mynalab.lab.publications import lab_publications
from mynalab.lab.responder import LabResponder, kinds_served


def lab_repository(
    lab: Lab,
    register: Register,
    *,
    now: datetime,
    crl_hour_jst: int = DEFAULT_HOUR_JST,
    faults: PkiFaultPlan | None = None,
) -> Service:
    """What ``mynalab pki serve`` serves. ``now`` chooses the CAs that forged answers speak for."""
    publications, responder = lab_publications(lab, register), LabResponder(lab, register)
    repository = Repository(publications, kinds_served(responder), crl_hour_jst=crl_hour_jst)
    if faults is None:
        return repository
    forged = substitutes(publications, kinds_served(responder), responder.workshop(now), crl_hour_jst=crl_hour_jst)
    return FaultyService(repository, faults, substitutes=forged, known_as=repository.known_as)
