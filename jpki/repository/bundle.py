"""Several certificates in one file: a SignedData that nobody signed (RFC 5652 clause 5, RFC 8551 clause 3.2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from jpki import der

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"  # RFC 5652 clause 5.1
_DATA: Final = "1.2.840.113549.1.7.1"  # RFC 5652 clause 4
_VERSION: Final = 1  # RFC 5652 clause 5.1: nothing in it asks for a higher one


def certificate_bundle(certificates: Iterable[bytes]) -> bytes:
    """``certs-only``, in DER: the certificates in the order that DER gives a SET."""
    content = b"".join(sorted(certificates))
    signed_data = der.sequence(
        der.integer(_VERSION),
        der.set_of(),  # digestAlgorithms
        der.sequence(der.oid(_DATA)),  # no content
        der.explicit(0, content),  # certificates: a tag on a SET's content
        der.set_of(),  # signerInfos
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.explicit(0, signed_data))
