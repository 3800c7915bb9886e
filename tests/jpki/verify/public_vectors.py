"""The public test cases that tools/fetch-validator-vectors.sh has put into the environment, if it has."""

from __future__ import annotations

import base64
import json
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLACE = Path(sys.prefix) / "validator-vectors"
PKITS, OCSP = PLACE / "nist_pkits", PLACE / "openssl-ocsp"


def cases(file: Path, name: Callable[[dict[str, Any]], str]) -> Any:
    """A parameter a case; where the file is not there, one that is skipped and says so."""
    needed = pytest.mark.real_part(str(file))
    found = json.loads(file.read_text("utf-8")) if file.exists() else [{}]
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=name(case) if case else "not-fetched", marks=needed) for case in found]
    )


def pem(name: str) -> bytes:
    """A certificate of the OCSP cases, DER."""
    first, end, _ = (OCSP / name).read_text("ascii").partition("-----END CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(first + end)  # which reads none of it: one has the serial number 0


def response(name: str) -> bytes:
    """A response of the OCSP cases, DER."""
    return base64.b64decode((OCSP / name).read_bytes())


def certificate(name: str) -> bytes:
    """A certificate of PKITS."""
    return (PKITS / "certs" / name).read_bytes()


def crl(name: str) -> bytes:
    """A list of PKITS."""
    return (PKITS / "crls" / name).read_bytes()
