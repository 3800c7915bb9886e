"""What a verification leaves: an id for the tenant; where it was good, evidence for as long as the law wants.

The evidence is the verifier's own record (``jpki.verify.evidence``), sealed: it can be verified again years later, when
the certificate was revoked since, its CA has ended or the lists of today are gone. Lists and roots, which many records
stand on, are kept once in the tenant's store; an OCSP response, which speaks of one certificate, in its record.

Of a refusal there is the result alone: nothing of what was brought is kept.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from apdu.ports import RandomBytes
from jpki.rp.errors import VaultError
from jpki.rp.evidence import DataKeeping, DataReading
from jpki.rp.operator.checking import Checked
from jpki.rp.operator.desk import TenantDesk, new_id
from jpki.rp.operator.interfaces import TenantUnit
from jpki.rp.operator.media import medium_of
from jpki.rp.operator.records import EvidenceContent, KeptCertificate, VerificationRecord
from jpki.rp.operator.vocabulary import Result, result_of
from jpki.rp.vault import Vault
from jpki.rp.years import years_later
from jpki.verify.evidence import record as verifiers_record
from jpki.verify.evidence_check import Reverification, reverify
from jpki.verify.evidence_form import canonical
from jpki.verify.findings import finding, moment_text
from jpki.verify.procedure import CertificateFacts, SubjectBinding
from jpki.verify.trust import TrustStore

FORMAT: Final = "mynalab-operator-evidence-2"
WITHOUT_DATA: Final = "mynalab-operator-evidence-1"
"""What was kept before the second schema: certificate, signature and verdict, and no list to show it again."""


def leave(
    desk: TenantDesk, unit: TenantUnit, checked: Checked, now: datetime, rng: RandomBytes, *, user_id: str | None = None
) -> tuple[VerificationRecord, KeptCertificate | None]:
    """Keep the record, and the certificate where it passed."""
    id_ = new_id(rng)
    certificate = keep_certificate(desk, unit, checked, now, rng) if checked.verdict.ok else None
    keep_until = years_later(now, desk.operator.keep_years)
    is_kept = certificate is not None and desk.operator.evidence is not EvidenceContent.NONE
    body = _body(desk, unit, checked, now, keep_until, rng) if is_kept else b""
    record = VerificationRecord(
        id=id_,
        at=now,
        act=checked.act,
        result=result_of(checked.verdict.findings).value,
        method=checked.method,
        certificate_id=certificate.id if certificate else None,
        user_id=user_id,
        keep_until=keep_until,
        digest=sha256(body).digest() if body else b"",
        sealed=desk.vault.seal(body, place=_evidence_place(id_), rng=rng) if body else b"",
    )
    unit.add_verification(record)
    return record, certificate


def read(vault: Vault, record: VerificationRecord) -> dict[str, Any]:
    """What was kept, for the operator's own eyes; ``VaultError`` when it is not whole and unchanged."""
    body = vault.open(record.sealed, place=_evidence_place(record.id))
    if sha256(body).digest() != record.digest:
        raise VaultError("a record of a verification is not the one whose digest was kept")
    opened: dict[str, Any] = json.loads(body)
    if (opened["act"], opened["at"], Result.OK.value) != (record.act.value, moment_text(record.at), record.result):
        raise VaultError("a record of a verification has another act, moment or result than is written beside it")
    return opened


def reverify_kept(
    record: VerificationRecord, *, unit: TenantUnit, vault: Vault, trust: TrustStore | None = None
) -> Reverification:
    """Verified again as of the moment of the verification, from what the tenant's store has alone.

    ``trust`` has the roots that are believed today, those of ended CAs among them; without it, the record's own are.
    """
    body = read(vault, record)
    if body["format"] == WITHOUT_DATA:
        lacking = finding("jpki.evidence.unreadable", why=f"{WITHOUT_DATA} has no data to verify it again")
        return Reverification(findings=(lacking,))
    archive = DataReading(unit, vault)
    return reverify(canonical(body["record"]), trust=trust, archive=archive, key=vault.evidence_key)


def keep_certificate(
    desk: TenantDesk, unit: TenantUnit, checked: Checked, now: datetime, rng: RandomBytes
) -> KeptCertificate:
    """Under an id of this tenant's; the same one when it comes again."""
    facts = checked.facts
    handle = desk.vault.handle(facts.kind, facts.binding)
    known = unit.kept_by_handle(handle)
    if known is not None:
        return known
    return unit.keep_certificate(
        KeptCertificate(
            id=new_id(rng),
            handle=handle,
            kind=facts.kind,
            not_before=facts.not_before,
            not_after=facts.not_after,
            created_at=now,
            sealed=desk.vault.seal(_asked_by(facts), place=_binding_place(handle), rng=rng),
            medium=medium_of(desk, checked),
        )
    )


def binding_of(desk: TenantDesk, certificate: KeptCertificate) -> tuple[SubjectBinding, frozenset[bytes]]:
    """Issuer's key and serial number, without which no responder could be asked, and the points of its lists."""
    plain = desk.vault.open(certificate.sealed, place=_binding_place(certificate.handle))
    size = plain[0]
    serial, *points = plain[1 + size :].decode("ascii").split(" ")
    return SubjectBinding(plain[1 : 1 + size], int(serial, 16)), frozenset(map(bytes.fromhex, points))


def _asked_by(facts: CertificateFacts) -> bytes:
    """The key's identifier behind its length, the serial number and the points in hex."""
    key_id, serial = facts.binding.issuer_key_id, f"{facts.binding.serial:x}"
    return len(key_id).to_bytes(1) + key_id + " ".join((serial, *sorted(map(bytes.hex, facts.points)))).encode("ascii")


def _body(
    desk: TenantDesk, unit: TenantUnit, checked: Checked, now: datetime, keep_until: datetime, rng: RandomBytes
) -> bytes:
    record = verifiers_record(
        checked.verdict,
        certificate=checked.proof.certificate,
        signature=checked.proof.signature,
        message=checked.demand.message,
        trust=checked.verifier.trust,
        policy=checked.verifier.policy,
        now=now,
        archive=DataKeeping(unit, desk.vault, _next_day(keep_until), rng),
        key=desk.vault.evidence_key,
        with_message=desk.operator.evidence is EvidenceContent.WHOLE,
        embedded=("ocsp",),
    )
    return canonical(
        {
            "format": FORMAT,
            "act": checked.act.value,
            "at": moment_text(now),
            "text": checked.demand.text,
            "record": json.loads(record),
        }
    )


def _next_day(moment: datetime) -> datetime:
    """So that what many records share is written once a day, and not by each of them."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _evidence_place(id_: str) -> str:
    return f"verification {id_}"


def _binding_place(handle: bytes) -> str:
    return f"certificate {handle.hex()}"
