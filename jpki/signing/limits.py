"""How much a verifier takes from a stranger. Everything here is a choice; what exceeds it is a finding."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MAX_CMS_SIZE: Final = 64 << 20
MAX_PDF_SIZE: Final = 32 << 20
MAX_XML_SIZE: Final = 4 << 20  # a tree takes a hundred times as much
MAX_CONTENT_SIZE: Final = 64 << 20
"""Of a document that is given beside its detached signature."""

MAX_SIGNATURES: Final = 16
MAX_CERTIFICATES: Final = 16
MAX_REVOCATION_DATA: Final = 64
"""CRLs and OCSP responses in one document, together."""
MAX_PDF_REVISIONS: Final = 64

SIGNING_TIME_SKEW: Final = timedelta(minutes=5)
"""How far the clock of the signer may be ahead."""
