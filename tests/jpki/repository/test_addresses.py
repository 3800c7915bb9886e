"""Paths and what they ask for."""

from __future__ import annotations

import pytest

from jpki.repository.addresses import Address, Area, Form, address_of

READ = {
    "/": (Area.INDEX, Form.INDEX, "", ""),
    "": (Area.INDEX, Form.INDEX, "", ""),
    "/ca/sign.cer": (Area.CA, Form.DER, "sign", ""),
    "/ca/auth-earlier.pem": (Area.CA, Form.PEM, "auth-earlier", ""),
    "/ca/a.b.p7c": (Area.CA, Form.BUNDLE, "a.b", ""),
    "/crl/sign.crl": (Area.CRL, Form.FULL, "sign", ""),
    "/crl/sign/": (Area.CRL, Form.PARTITIONS, "sign", ""),
    "/crl/sign/CN=a,C=JP": (Area.CRL, Form.PARTITION, "sign", "CN=a,C=JP"),
    "/crl/0a0b/CN=a%2FC": (Area.CRL, Form.PARTITION, "0a0b", "CN=a%2FC"),
    "/ocsp/auth": (Area.OCSP, Form.OCSP, "auth", ""),
    "/ocsp/auth/MEUw/Qz%2B": (Area.OCSP, Form.OCSP, "auth", "MEUw/Qz%2B"),
    "/MEUwQzBBMD8wPTAJBgUrDgMCGgUABBQ": (Area.OCSP, Form.OCSP, "auth", "MEUwQzBBMD8wPTAJBgUrDgMCGgUABBQ"),
}


@pytest.mark.parametrize("path", READ)
def test_path_is_taken_apart(path: str) -> None:
    found = address_of(path)
    assert found is not None
    assert (found.area, found.form, found.ca, found.rest) == READ[path]


def test_post_to_the_root_is_for_the_responder_whose_url_has_no_path() -> None:
    assert address_of("/", method="POST") == Address(area=Area.OCSP, form=Form.OCSP, ca="auth")


@pytest.mark.parametrize(
    "path",
    [
        "/ca",
        "/ca/",
        "/ca/sign",
        "/ca/.cer",
        "/ca/sign.crl",
        "/ca/sign.cer/x",
        "/ca/sign/x.cer",
        "/crl/sign.cer",
        "/crl/",
        "/crl//CN=a",
        "/ocsp",
        "/ocsp/",
        "/other",
        "/CA/sign.cer",
        "//",
        "x",
    ],
)
def test_other_paths_ask_for_nothing(path: str) -> None:
    assert address_of(path) is None


@pytest.mark.parametrize("path", [path for path in READ if path.startswith(("/ca/", "/crl/"))])
def test_address_knows_its_path(path: str) -> None:
    found = address_of(path)
    assert found is not None
    assert found.path == path
