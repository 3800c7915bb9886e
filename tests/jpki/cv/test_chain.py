"""Chains of card-verifiable certificates."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.cv.authority import CvAuthority
from jpki.cv.certificate import CvCertificate
from jpki.cv.chain import MAX_CERTIFICATES, CvTrust
from jpki.cv.errors import CvTrustError
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT, KeyId


def code_of(trust: CvTrust, leaf: CvCertificate, *intermediates: CvCertificate) -> str | None:
    found = trust.check(leaf, intermediates)
    return None if found is None else found.code


@pytest.fixture
def trust(root: CvAuthority) -> CvTrust:
    return CvTrust.load(root.certificate.encode())


def test_a_chain_of_three_holds(trust: CvTrust, intermediate: CvAuthority, municipality: CvAuthority) -> None:
    assert code_of(trust, municipality.certificate, intermediate.certificate) is None


def test_a_certificate_right_below_the_root_needs_no_intermediate(trust: CvTrust, intermediate: CvAuthority) -> None:
    assert code_of(trust, intermediate.certificate) is None


def test_a_missing_intermediate_breaks_it(trust: CvTrust, municipality: CvAuthority) -> None:
    assert code_of(trust, municipality.certificate) == "jpki.cv.untrusted-root"


def test_nobody_trusted_is_nobody_believed(root: CvAuthority, intermediate: CvAuthority) -> None:
    assert code_of(CvTrust(()), intermediate.certificate, root.certificate) == "jpki.cv.chain-too-long"


def test_the_root_among_the_intermediates_is_not_thereby_trusted(
    keys: list[RSAPrivateKey], intermediate: CvAuthority, municipality: CvAuthority
) -> None:
    other = CvAuthority.create_root(KeyId("8000099", "001"), keys[4])
    assert (
        code_of(CvTrust([other.certificate]), municipality.certificate, intermediate.certificate)
        == "jpki.cv.untrusted-root"
    )


def test_an_intermediate_of_the_same_name_and_another_key_is_found_out(
    trust: CvTrust, keys: list[RSAPrivateKey], municipality: CvAuthority
) -> None:
    forged = CvAuthority.create_root(LAB_ROOT, keys[4]).issue(LAB_INTERMEDIATE, keys[1].public_key())
    assert code_of(trust, municipality.certificate, forged) == "jpki.cv.certificate-signature"


@pytest.mark.parametrize("at", [0, 1, 127, 254, 255])
def test_a_changed_byte_of_the_signature_breaks_it(
    trust: CvTrust, intermediate: CvAuthority, municipality: CvAuthority, at: int
) -> None:
    signature = bytearray(municipality.certificate.signature)
    signature[at] ^= 1
    changed = replace(municipality.certificate, signature=bytes(signature))
    assert code_of(trust, changed, intermediate.certificate) == "jpki.cv.certificate-signature"


def test_another_subject_breaks_it(trust: CvTrust, intermediate: CvAuthority, municipality: CvAuthority) -> None:
    changed = replace(municipality.certificate, subject=KeyId("1322121", "000"))
    assert code_of(trust, changed, intermediate.certificate) == "jpki.cv.certificate-signature"


def test_an_intermediate_whose_numbers_make_no_key_has_signed_nothing(
    trust: CvTrust, intermediate: CvAuthority, municipality: CvAuthority
) -> None:
    even = replace(intermediate.certificate.public_key, exponent=2)
    changed = replace(intermediate.certificate, public_key=even)
    assert code_of(trust, municipality.certificate, changed) == "jpki.cv.certificate-signature"


def test_a_chain_has_an_end(trust: CvTrust, keys: list[RSAPrivateKey]) -> None:
    above = CvAuthority.create_root(KeyId("8000040", "001"), keys[3])
    chain = [above := above.certify(KeyId(f"800004{n}", "001"), keys[3]) for n in range(1, MAX_CERTIFICATES + 2)]
    assert code_of(trust, chain[-1].certificate, *(one.certificate for one in chain)) == "jpki.cv.chain-too-long"


def test_a_root_is_signed_by_itself(intermediate: CvAuthority) -> None:
    with pytest.raises(CvTrustError, match="no root"):
        CvTrust([intermediate.certificate])


def test_a_root_names_itself_as_its_issuer(root: CvAuthority) -> None:
    renamed = root.issue(KeyId("8000099", "001"), root.key.public_key())
    with pytest.raises(CvTrustError, match="no root"):
        CvTrust([renamed])


def test_two_roots_have_two_names(root: CvAuthority) -> None:
    with pytest.raises(CvTrustError, match="two roots"):
        CvTrust([root.certificate, root.certificate])
