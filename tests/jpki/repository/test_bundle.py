"""Several certificates in one file: what openssl and cryptography find in it."""

from __future__ import annotations

import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import pkcs7

from jpki.repository.bundle import certificate_bundle
from jpki.repository.sources import PublishedAuthority


def test_bundle_has_every_certificate_once(published: list[PublishedAuthority]) -> None:
    ders = [authority.certificate_der for authority in published]
    found = pkcs7.load_der_pkcs7_certificates(certificate_bundle(ders))
    assert sorted(certificate.serial_number for certificate in found) == [1, 1, 1001]


def test_order_does_not_matter(published: list[PublishedAuthority]) -> None:
    ders = [authority.certificate_der for authority in published]
    assert certificate_bundle(ders) == certificate_bundle(reversed(ders))


@pytest.mark.real_part("openssl")
def test_openssl_reads_it(published: list[PublishedAuthority]) -> None:
    bundle = certificate_bundle(authority.certificate_der for authority in published)
    read = subprocess.run(
        ["openssl", "pkcs7", "-inform", "DER", "-print_certs", "-noout"], input=bundle, capture_output=True, check=True
    )
    assert read.stdout.count(b"subject=") == 3
    assert read.stderr == b""
