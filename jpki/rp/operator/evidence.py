"""What a verification leaves: an id for the tenant; where it was good, a sealed record for as long as the law wants.

Of a refusal there is the result alone: nothing of what was brought is kept.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from apdu.ports import RandomBytes
from jpki.rp.errors import VaultError
from jpki.rp.evidence import KEEP_YEARS
from jpki.rp.operator.checking import Checked
from jpki.rp.operator.desk import TenantDesk, new_id
from jpki.rp.operator.interfaces import TenantUnit
from jpki.rp.operator.records import KeptCertificate, VerificationRecord
from jpki.rp.operator.vocabulary import result_of
from jpki.rp.years import years_later
from jpki.verify.findings import moment_text
from jpki.verify.procedure import CertificateFacts, SubjectBinding
from jpki.verify.schemes import MessageDigest

FORMAT: Final = "mynalab-operator-evidence-1"


def leave(
    desk: TenantDesk, unit: TenantUnit, checked: Checked, now: datetime, rng: RandomBytes, *, user_id: str | None = None
) -> tuple[VerificationRecord, KeptCertificate | None]:
    """Keep the record, and the certificate where it passed."""
    id_ = new_id(rng)
    certificate = keep_certificate(desk, unit, checked.facts, now, rng) if checked.verdict.ok else None
    body = _body(checked, now) if certificate else b""
    record = VerificationRecord(
        id=id_,
        at=now,
        act=checked.act,
        result=result_of(checked.verdict.findings).value,
        method=checked.method,
        certificate_id=certificate.id if certificate else None,
        user_id=user_id,
        keep_until=years_later(now, KEEP_YEARS),
        digest=sha256(body).digest() if body else b"",
        sealed=desk.vault.seal(body, place=_evidence_place(id_), rng=rng) if body else b"",
    )
    unit.add_verification(record)
    return record, certificate


def read(desk: TenantDesk, record: VerificationRecord) -> dict[str, Any]:
    """What was kept, for the operator's own eyes; ``VaultError`` when it is not whole and unchanged."""
    body = desk.vault.open(record.sealed, place=_evidence_place(record.id))
    if sha256(body).digest() != record.digest:
        raise VaultError("a record of a verification is not the one whose digest was kept")
    opened: dict[str, Any] = json.loads(body)
    return opened


def keep_certificate(
    desk: TenantDesk, unit: TenantUnit, facts: CertificateFacts, now: datetime, rng: RandomBytes
) -> KeptCertificate:
    """Under an id of this tenant's; the same one when it comes again."""
    handle = desk.vault.handle(facts.kind, facts.binding)
    known = unit.kept_by_handle(handle)
    if known is not None:
        return known
    binding = facts.binding
    plain = len(binding.issuer_key_id).to_bytes(1) + binding.issuer_key_id + b"%x" % binding.serial
    return unit.keep_certificate(
        KeptCertificate(
            id=new_id(rng),
            handle=handle,
            kind=facts.kind,
            not_before=facts.not_before,
            not_after=facts.not_after,
            created_at=now,
            sealed=desk.vault.seal(plain, place=_binding_place(handle), rng=rng),
        )
    )


def binding_of(desk: TenantDesk, certificate: KeptCertificate) -> SubjectBinding:
    """Issuer's key and serial number, without which no responder could be asked."""
    plain = desk.vault.open(certificate.sealed, place=_binding_place(certificate.handle))
    size = plain[0]
    return SubjectBinding(plain[1 : 1 + size], int(plain[1 + size :], 16))


def _body(checked: Checked, now: datetime) -> bytes:
    message = checked.demand.message
    is_hash = isinstance(message, MessageDigest)
    return json.dumps(
        {
            "format": FORMAT,
            "at": moment_text(now),
            "act": checked.act.value,
            "certificate": b64encode(checked.proof.certificate).decode(),
            "signature": b64encode(checked.proof.signature).decode(),
            "digest" if is_hash else "message": b64encode(
                message.value if isinstance(message, MessageDigest) else message
            ).decode(),
            "text": checked.demand.text,
            "verdict": checked.verdict.as_dict(),
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


def _evidence_place(id_: str) -> str:
    return f"verification {id_}"


def _binding_place(handle: bytes) -> str:
    return f"certificate {handle.hex()}"
