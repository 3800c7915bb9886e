"""Card-verifiable certificates: the measured layout, both ways."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.cv.authority import CvAuthority
from jpki.cv.certificate import SIZE, CvCertificate
from jpki.cv.errors import CvFormatError
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT

# soltia48/myna-card src/ap/text.rs: 7F21 82 0233, 5F4E 82 0129, two key ids, 90 03, 91 82 0100, 5F37 82 0100
HEADS = [(0, "7F21820233"), (5, "5F4E820129"), (42, "9003010001"), (47, "91820100"), (307, "5F37820100")]


@pytest.mark.parametrize(("at", "head"), HEADS, ids=[head for _, head in HEADS])
def test_every_object_stands_where_it_was_measured(municipality: CvAuthority, at: int, head: str) -> None:
    raw = municipality.certificate.encode()
    assert raw[at : at + len(head) // 2].hex().upper() == head


def test_it_has_568_bytes(municipality: CvAuthority) -> None:
    assert len(municipality.certificate.encode()) == SIZE == 568


def test_it_decodes_to_itself(municipality: CvAuthority) -> None:
    assert CvCertificate.decode(municipality.certificate.encode()) == municipality.certificate


def test_without_the_template_it_is_what_get_data_00f8_gives(intermediate: CvAuthority) -> None:
    content = intermediate.certificate.encode_content()
    assert intermediate.certificate.encode() == bytes.fromhex("7F21820233") + content
    assert CvCertificate.decode_content(content) == intermediate.certificate


def test_the_signature_is_over_the_297_bytes_by_plain_arithmetic(
    intermediate: CvAuthority, keys: list[RSAPrivateKey]
) -> None:
    """RFC 8017 clause 8.2 computed by hand: signature ^ e mod n is 00 01 FF.. 00 DigestInfo digest."""
    raw = intermediate.certificate.encode()
    body, signature = raw[10:307], raw[312:]
    numbers = keys[0].public_key().public_numbers()
    block = pow(int.from_bytes(signature), numbers.e, numbers.n).to_bytes(256)
    info = bytes.fromhex("3031300D060960864801650304020105000420") + hashlib.sha256(body).digest()
    assert block == b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info


def test_the_names_are_those_of_issuer_and_subject(intermediate: CvAuthority) -> None:
    assert (intermediate.certificate.issuer, intermediate.certificate.subject) == (LAB_ROOT, LAB_INTERMEDIATE)


def test_the_same_key_and_names_give_the_same_bytes(root: CvAuthority, keys: list[RSAPrivateKey]) -> None:
    assert (
        root.issue(LAB_INTERMEDIATE, keys[1].public_key()).encode()
        == root.issue(LAB_INTERMEDIATE, keys[1].public_key()).encode()
    )


@pytest.mark.parametrize("size", [0, 1, 2, 5, 9, 10, 306, 307, 311, 312, 567])
def test_truncations_are_refused(municipality: CvAuthority, size: int) -> None:
    with pytest.raises(CvFormatError, match="no card-verifiable certificate"):
        CvCertificate.decode(municipality.certificate.encode()[:size])


def test_trailing_bytes_are_refused(municipality: CvAuthority) -> None:
    with pytest.raises(CvFormatError, match="no card-verifiable certificate"):
        CvCertificate.decode(municipality.certificate.encode() + b"\xff")


@pytest.mark.parametrize("at", [0, 1, 4, 6, 9, 17, 18, 42, 43, 47, 51, 308, 311])
def test_a_wrong_byte_in_the_structure_is_refused(municipality: CvAuthority, at: int) -> None:
    raw = bytearray(municipality.certificate.encode())
    raw[at] ^= 0x80
    with pytest.raises(CvFormatError):
        CvCertificate.decode(bytes(raw))


@pytest.mark.parametrize("size", [0, 128, 255, 257])
def test_a_signature_of_another_length_is_refused(municipality: CvAuthority, size: int) -> None:
    other = replace(municipality.certificate, signature=bytes(size))
    with pytest.raises(CvFormatError, match="5F37 of 256"):
        CvCertificate.decode(other.encode())


def test_a_certificate_needs_the_key_that_it_names(municipality: CvAuthority, keys: list[RSAPrivateKey]) -> None:
    with pytest.raises(CvFormatError, match="does not belong"):
        CvAuthority(certificate=municipality.certificate, key=keys[3])
