"""What signing and verifying PDFs share: opening a file of a stranger, and what that may raise."""

from __future__ import annotations

import io
import zlib
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from jpki.algorithms import P_384, RSA_2048

CONTAINER: Final = "PDF"
HASH_NAME: Final = {RSA_2048: "sha256", P_384: "sha384"}

# pyHanko reads lazily: a damaged file may fail anywhere, in any of these ways; its own other errors are ValueErrors.
UNREADABLE: Final = (
    PdfError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    OSError,
    zlib.error,
)


def open_reader(document: bytes) -> PdfFileReader:
    """Strict, and with the library's limits on what streams may decode to; any of ``UNREADABLE``."""
    return PdfFileReader(io.BytesIO(document), strict=True)


def open_writer(document: bytes) -> IncrementalPdfFileWriter:
    """The same, to append a revision."""
    return IncrementalPdfFileWriter(io.BytesIO(document), strict=True)
