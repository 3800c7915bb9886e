"""Verifying the signed records of a card, as far as they could be read.

1. **Read.** Every file given has its documented form, the certificate of EF 0004 among them.
2. **Chain.** Its issuer is a trusted root, or an intermediate whose chain leads to one; every signature holds.
3. **Signature.** The certificate's key signed each record.
4. **Content.** The digests that were signed are those of the other files; the records are of one card.

A missing file is not an error: which ones can be read depends on the PIN. What was verified is in the verdict. The
expiry date and the picture of the security code are signed by nobody (measured: soltia48/myna-card).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apdu.errors import ApduError
from apdu.layout import face, text
from apdu.layout.face_records import AgeRecord, FaceRecord, NumberImageRecord
from apdu.layout.record_tlv import PublicKey
from apdu.layout.text_records import IntegrityRecord, PublicKeyRecord, attributes_hash_input, decode_my_number
from jpki.cv.certificate import CvCertificate
from jpki.cv.chain import CvTrust, is_signature, signed_block
from jpki.cv.errors import CvFormatError
from jpki.cv.findings import CvFinding, CvVerdict, cv_finding
from jpki.records.face import FACE_DIGEST_INFO, face_block

_DIGEST_SIZE: Final = 32
_CERTIFICATE_FILE: Final = 0x0004  # in both applications

_TEXT_READERS: Final[Mapping[int, Callable[[bytes], Any]]] = {
    text.MY_NUMBER: decode_my_number,
    text.ATTRIBUTES: attributes_hash_input,
    text.INTEGRITY_RECORD: IntegrityRecord.decode,
    text.CV_CERTIFICATE: CvCertificate.decode,
    text.PUBLIC_KEY: PublicKeyRecord.decode,
}
_FACE_READERS: Final[Mapping[int, Callable[[bytes], Any]]] = {
    face.AGE_RECORD: AgeRecord.decode,
    face.FACE: FaceRecord.decode,
    face.CV_CERTIFICATE: CvCertificate.decode,
    face.MY_NUMBER_IMAGE: NumberImageRecord.decode,
}
_FACE_PARTS: Final = (
    "jpki.cv.person-changed",
    "jpki.cv.name-or-address-changed",
    "jpki.cv.photo-changed",
)


def verify_text(
    files: Mapping[int, bytes], *, trust: CvTrust, intermediates: Iterable[CvCertificate] = ()
) -> CvVerdict:
    """Verify what was read of 券面事項入力補助AP: EFs 0001, 0002, 0003, 0004 and 0007, as many as there are.

    EFs 0001 and 0002 are signed by way of their digests in EF 0003; without it they are not verified.
    """
    return _Verification(files, _TEXT_READERS).run(_check_text, trust, intermediates)


def verify_face(
    files: Mapping[int, bytes], *, trust: CvTrust, intermediates: Iterable[CvCertificate] = ()
) -> CvVerdict:
    """Verify what was read of 券面事項確認AP: EFs 0001, 0002, 0004 and 0005, as many as there are."""
    return _Verification(files, _FACE_READERS).run(_check_face, trust, intermediates)


class _Verification:
    """One run: the records as read, what was found, what holds."""

    def __init__(self, files: Mapping[int, bytes], readers: Mapping[int, Callable[[bytes], Any]]) -> None:
        self.raw = files
        self.findings: list[CvFinding] = []
        self.verified: list[int] = []
        self.signer = ""
        self.records = {fid: self._read(fid, reader) for fid, reader in readers.items() if fid in files}

    def _read(self, fid: int, reader: Callable[[bytes], Any]) -> Any:
        try:
            return reader(self.raw[fid])
        except (ApduError, CvFormatError) as error:
            self.refuse("jpki.cv.malformed", record=f"EF {fid:04X}", why=str(error))
            return None

    def run(
        self,
        check: Callable[[_Verification, RSAPublicKey], None],
        trust: CvTrust,
        intermediates: Iterable[CvCertificate],
    ) -> CvVerdict:
        """Steps 2 to 4 behind step 1; each ends the run when it fails."""
        if _CERTIFICATE_FILE not in self.records:
            self.refuse("jpki.cv.nothing", missing="EF 0004")
        if self.findings:
            return CvVerdict(findings=tuple(self.findings))
        certificate: CvCertificate = self.records[_CERTIFICATE_FILE]
        self.signer = str(certificate.subject)
        broken = trust.check(certificate, intermediates)
        if broken is not None:
            return CvVerdict(findings=(broken,))
        try:
            key = certificate.rsa_key()
        except CvFormatError as error:
            return CvVerdict(findings=(cv_finding("jpki.cv.malformed", record="EF 0004", why=str(error)),))
        check(self, key)
        if not (self.verified or self.findings):
            self.refuse("jpki.cv.nothing", missing="a signed record")
        verified = () if self.findings else tuple(sorted(self.verified))
        return CvVerdict(findings=tuple(self.findings), signer=certificate.subject, verified=verified)

    def refuse(self, code: str, **detail: str | int) -> None:
        """Note a finding."""
        self.findings.append(cv_finding(code, **detail))

    def require(self, fid: int, code: str, *, holds: bool) -> bool:
        """Note that a file is verified, or the finding."""
        if holds:
            self.verified.append(fid)
        else:
            self.refuse(code, signer=self.signer)
        return holds

    def require_signed(self, fid: int, code: str, key: RSAPublicKey) -> bool:
        """A record that was read is signed with this key."""
        record = self.records.get(fid)
        if record is None:
            return False
        return self.require(fid, code, holds=is_signature(key, record.signed, record.signature))


def _check_text(run: _Verification, key: RSAPublicKey) -> None:
    run.require_signed(text.PUBLIC_KEY, "jpki.cv.public-key-signature", key)
    if not run.require_signed(text.INTEGRITY_RECORD, "jpki.cv.integrity-signature", key):
        return
    record: IntegrityRecord = run.records[text.INTEGRITY_RECORD]
    if text.MY_NUMBER in run.records:
        holds = sha256(run.raw[text.MY_NUMBER]).digest() == record.number_hash
        run.require(text.MY_NUMBER, "jpki.cv.my-number-changed", holds=holds)
    if text.ATTRIBUTES in run.records:
        holds = sha256(run.records[text.ATTRIBUTES]).digest() == record.attributes_hash
        run.require(text.ATTRIBUTES, "jpki.cv.attributes-changed", holds=holds)


def _check_face(run: _Verification, key: RSAPublicKey) -> None:
    run.require_signed(face.AGE_RECORD, "jpki.cv.age-signature", key)
    run.require_signed(face.MY_NUMBER_IMAGE, "jpki.cv.number-image-signature", key)
    front: FaceRecord | None = run.records.get(face.FACE)
    if front is not None:
        _check_front(run, front, key)
    keys: set[PublicKey] = {
        run.records[fid].key for fid in (face.AGE_RECORD, face.FACE, face.MY_NUMBER_IMAGE) if fid in run.records
    }
    if len(keys) > 1:
        run.refuse("jpki.cv.key-differs")


def _check_front(run: _Verification, front: FaceRecord, key: RSAPublicKey) -> None:
    """The signature gives back the digests that were signed, so each part is judged by itself."""
    block = signed_block(key, front.signature)
    expected = face_block(front)
    shaped = block is not None and len(block) == len(expected) and block.startswith(FACE_DIGEST_INFO)
    if not run.require(face.FACE, "jpki.cv.face-signature", holds=shaped) or block is None:
        return
    for number, code in enumerate(_FACE_PARTS):
        start = len(FACE_DIGEST_INFO) + number * _DIGEST_SIZE
        if block[start : start + _DIGEST_SIZE] != expected[start : start + _DIGEST_SIZE]:
            run.refuse(code)
