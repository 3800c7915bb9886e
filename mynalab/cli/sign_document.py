"""What ``mynalab sign`` and ``mynalab verify`` share: reading files, and telling a document's verdict."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mynalab.cli.output import Output
from mynalab.cli.verdicts import show_verdict
from mynalab.errors import TextError

if TYPE_CHECKING:
    from jpki.signing.judge import DocumentVerdict

STANDARD_INPUT: Final = Path("-")
WHOLE: Final = -1
_MOST_BYTES: Final = (64 << 20) + 1
"""One more than any verifier takes (``jpki.signing.limits``), so that what is longer is seen to be."""


def read_document(file: Path, *, most: int = _MOST_BYTES) -> bytes:
    """The file, or standard input, not much more of it than anybody takes; ``TextError`` when it cannot be read."""
    if file == STANDARD_INPUT:
        return sys.stdin.buffer.read(most) if sys.stdin is not None else b""  # one that is closed is an empty one
    try:
        with file.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise TextError(f"{file} cannot be read: {error.strerror}", hint="give the path of a file") from error


def tell_document_verdict(verdict: DocumentVerdict, output: Output) -> None:
    """Accepted or refused, then what was found in the container and about each signature."""
    if verdict.ok:
        output.say("signature accepted", "署名を受け入れました", colour="green", bold=True)
    else:
        output.say("signature refused", "署名を拒否しました", colour="red", bold=True)
    for finding in verdict.findings:
        output.say(
            f"  step {int(finding.step)}, {finding.code}: {finding.message_in('en')}",
            f"  手順 {int(finding.step)}、{finding.code}: {finding.message_in('ja')}",
        )
    for number, one in enumerate(verdict.signatures, 1):
        name = f" {one.name}" if one.name else ""
        claimed = f"{one.signing_time:%Y-%m-%d %H:%M:%SZ}" if one.signing_time else ""
        english = f", which says it was made at {claimed}" if claimed else ""
        japanese = f"（署名者の申告による署名日時 {claimed}）" if claimed else ""
        output.say(f"  signature {number}{name}{english}", f"  署名 {number}{name}{japanese}")
        show_verdict(one.verdict, output)
