"""``mynalab explain``: what an APDU means, in a sentence."""

from __future__ import annotations

import re
import sys

import click

from apdu.explain import Explainer
from mynalab.cli.options import Settings, shared_options

_NOT_HEX = re.compile(r"[\s:]|0x", re.IGNORECASE)
_LONGEST_TRACE = 16 << 20


@click.command(
    epilog="""\b
Examples:
  mynalab explain 00A4040C0AD392F000260100000001
  mynalab explain "00 20 00 80" 63C3
  mynalab explain 00A4020C020018 9000 00200080 63C3      a conversation
  some-trace | mynalab explain -                         one APDU a line, commands and responses by turns
"""
)
@click.argument("apdus", nargs=-1, required=True, metavar="COMMAND [RESPONSE]...")
@shared_options(now=False, lab=False)
def command(apdus: tuple[str, ...], settings: Settings) -> int:
    """Explain a command APDU, or several exchanges in a row, each a command and its response, in hexadecimal.

    PINs are never printed. An application or file selected by one command is known to the next.
    """
    texts = _standard_input().split("\n") if apdus == ("-",) else list(apdus)
    raw = [_from_hex(text) for text in texts if text.strip()]
    if not raw and apdus != ("-",):
        raise click.UsageError("there is no APDU to explain; one is 00A4040C0AD392F000260100000001")
    explainer = Explainer(lang="ja" if settings.output.language == "ja" else "en")
    answers = []
    for start in range(0, len(raw), 2):
        pair = raw[start : start + 2]
        answers.append(explainer.explain(pair[0], pair[1] if len(pair) == 2 else None))
    settings.output.document({"explanations": [answer.as_dict() for answer in answers]})
    for answer in answers:
        settings.output.say(answer.sentence, answer.sentence)
    return 0


def _standard_input() -> str:
    # What is no text is no hexadecimal either, and is told so; a closed standard input is an empty one.
    raw = sys.stdin.buffer.read(_LONGEST_TRACE + 1) if sys.stdin is not None else b""
    if len(raw) > _LONGEST_TRACE:
        raise click.UsageError(f"a trace of more than {_LONGEST_TRACE} bytes is explained in parts")
    return raw.decode("ascii", errors="replace")


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(_NOT_HEX.sub("", text))
    except ValueError as error:
        # Not echoed: what somebody pastes here may be a VERIFY with a PIN in it.
        raise click.UsageError("an APDU is written in hexadecimal, such as 00A4040C0AD392F000260100000001") from error
