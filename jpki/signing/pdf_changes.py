"""What was appended to a PDF after a signature: evidence and further invisible signatures are welcome, nothing else.

pyHanko compares the revisions object by object; its rules for filling in forms are left out, since a filled field
changes what a reader sees.
"""

from __future__ import annotations

from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from jpki.verify.findings import Finding, finding

_EVIDENCE: Final = ModificationLevel.LTA_UPDATES
_WELCOME: Final = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        DocInfoRule().as_qualified(_EVIDENCE),
        XrefStreamRule().as_qualified(_EVIDENCE),
        ObjectStreamRule().as_qualified(_EVIDENCE),
        DSSCompareRule().as_qualified(_EVIDENCE),
        MetadataUpdateRule().as_qualified(_EVIDENCE),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)


def flaw_of_changes(signature: EmbeddedPdfSignature, reader: PdfFileReader) -> Finding | None:
    """What this signature does not cover and must not be there, if anything."""
    signature.compute_integrity_info(diff_policy=_WELCOME)
    read: Any = signature  # the library sets these later than it says
    coverage, result = read.coverage, read.diff_result
    changed = finding("jpki.pdf.changed-after-signing")
    if coverage is None or coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return changed
    if coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return None
    if not isinstance(result, DiffResult) or result.modification_level > ModificationLevel.FORM_FILLING:
        return changed
    if result.modification_level > _EVIDENCE and _has_visible_signature(reader, result):
        return changed
    permitted = signature.docmdp_level
    if permitted is not None and result.modification_level.value > permitted.value:
        return changed
    return None


def _has_visible_signature(reader: PdfFileReader, result: DiffResult) -> bool:
    """Whether a field that came later takes room on a page, where it could cover what was signed."""
    for name, _, reference in enumerate_sig_fields(reader):
        if name in result.changed_form_fields and _takes_room(reference.get_object()):
            return True
    return False


def _takes_room(field: Any) -> bool:
    widgets = [one.get_object() for one in field["/Kids"]] if "/Kids" in field else [field]
    return any(_area(widget["/Rect"]) for widget in widgets if "/Rect" in widget)


def _area(rectangle: Any) -> float:
    left, bottom, right, top = (float(one) for one in rectangle)
    return abs((right - left) * (top - bottom))
