"""A PDF of one page, written here, so that nothing of it is anybody's; and one more revision, as attackers add it."""

from __future__ import annotations

import re

_PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def text_stream(text: str) -> str:
    """A content stream that shows ``text``."""
    shown = f"BT /F 18 Tf 40 100 Td ({text}) Tj ET"
    return f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream"


def paper(text: str = "Specimen contract") -> bytes:
    """One page, with a classic cross-reference table (ISO 32000-1 clause 7.5)."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", _PAGE]
    objects += [text_stream(text), _FONT]
    file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += f"{number} 0 obj\n{body}\nendobj\n".encode()
    begin = len(file)
    rows = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}"
    ids = "<00112233445566778899aabbccddeeff>"
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /ID [{ids} {ids}] >>\nstartxref\n{begin}\n%%EOF\n"
    return file + (head + trailer).encode()


def revised(document: bytes, objects: dict[int, str]) -> bytes:
    """The file with a further revision that replaces or adds these objects."""
    previous = int(re.findall(rb"startxref\s+(\d+)", document)[-1])
    size = max(int(one) for one in re.findall(rb"/Size (\d+)", document))
    root = re.findall(rb"/Root (\d+) 0 R", document)[-1].decode()
    [ids] = set(re.findall(rb"/ID \[ ?<([0-9a-f]+)>", document)[:1])
    file, rows = document, ""
    for number, body in sorted(objects.items()):
        rows += f"{number} 1\n{len(file):010} 00000 n \n"
        file += f"{number} 0 obj\n{body}\nendobj\n".encode()
    begin = len(file)
    new_size = max(size, max(objects) + 1)
    file += f"xref\n0 1\n0000000000 65535 f \n{rows}trailer\n<< /Size {new_size} /Root {root} 0 R ".encode()
    return file + f"/Prev {previous} /ID [<{ids.decode()}> <{'0' * 32}>] >>\nstartxref\n{begin}\n%%EOF\n".encode()
