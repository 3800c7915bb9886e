"""Step 7 by what a document carries: CRLs and OCSP responses of the time when it was signed.

Each is believed for the CA's signature under it, never for where it was found.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from jpki.verify.findings import Finding, finding
from jpki.verify.ocsp import check_ocsp_response
from jpki.verify.revocation import CrlRevocationCheck, RevocationAnswer
from jpki.verify.trust import TrustAnchor


class EmbeddedRevocationCheck:
    """Any usable answer that says revoked wins; else any usable answer counts; else the certificate is refused.

    A response that does not know the certificate is no answer: alone it refuses, beside a list it was only early.
    """

    def __init__(self, *, crls: Sequence[bytes] = (), responses: Sequence[bytes] = ()) -> None:
        self._crls = CrlRevocationCheck(crls) if crls else None
        self._responses = tuple(responses)

    def check(
        self, serial: int, issuer: TrustAnchor, *, now: datetime, distribution_points: Collection[bytes] = ()
    ) -> RevocationAnswer:
        """Was the certificate with this serial number, issued by ``issuer``, revoked at ``now``?"""
        answers = [
            check_ocsp_response(response, serial=serial, issuer=issuer, nonce=None, now=now)
            for response in self._responses
        ]
        if self._crls is not None:
            answers.append(self._crls.check(serial, issuer, now=now, distribution_points=distribution_points))
        usable = [answer for answer in answers if answer.status is not None]
        if usable:
            return next((answer for answer in usable if answer.findings), usable[-1])
        flaws: tuple[Finding, ...] = tuple(dict.fromkeys(item for answer in answers for item in answer.findings))
        return RevocationAnswer(flaws or (finding("jpki.pdf.revocation-missing"),))
