"""What a PDF carries for later verifiers: its Document Security Store (ISO 32000-2 clause 12.8.4.3)."""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from jpki.signing.limits import MAX_REVOCATION_DATA


def revocation_data(reader: PdfFileReader) -> tuple[list[bytes], list[bytes]]:
    """CRLs and OCSP responses, in DER, of nobody's word yet. Any of ``pdf_form.UNREADABLE``."""
    if "/DSS" not in reader.root:
        return [], []
    store = reader.root["/DSS"]
    crls, responses = (_streams(store, name) for name in ("/CRLs", "/OCSPs"))
    if len(crls) + len(responses) > MAX_REVOCATION_DATA:
        raise ValueError("more revocation data than anybody needs")
    return [_data(one) for one in crls], [_data(one) for one in responses]


def _streams(store: Any, name: str) -> list[Any]:
    return [one.get_object() for one in store[name]] if name in store else []


def _data(stream: Any) -> bytes:
    return bytes(stream.data)
