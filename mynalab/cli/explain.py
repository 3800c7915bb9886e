"""``mynalab explain``: what an APDU means, in a sentence, and what a trace tells."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from apdu.explain import Explainer
from apdu.layout.facts import Lang
from mynalab.cli.options import Settings, shared_options

_NOT_HEX = re.compile(r"[\s:]|0x", re.IGNORECASE)
_TRACE_HEAD = '{"trace": '
_LONGEST_TRACE = 16 << 20


@click.command(
    epilog="""\b
Examples:
  mynalab explain 00A4040C0AD392F000260100000001
  mynalab explain "00 20 00 80" 63C3
  mynalab explain 00A4020C020018 9000 00200080 63C3      a conversation
  some-trace | mynalab explain -                         one APDU a line, commands and responses by turns
  mynalab explain session.jsonl                          what `mynalab run --trace session.jsonl` recorded
"""
)
@click.argument("apdus", nargs=-1, required=True, metavar="COMMAND [RESPONSE]...")
@shared_options(now=False, lab=False)
def command(apdus: tuple[str, ...], settings: Settings) -> int:
    """Explain a command APDU, or several exchanges in a row, each a command and its response, in hexadecimal.

    PINs are never printed. An application or file selected by one command is known to the next. A FILE in place of
    the COMMAND is a trace that `--trace` recorded, or APDUs, one a line; - is standard input.
    """
    lang: Lang = "ja" if settings.output.language == "ja" else "en"
    text = _text_of(apdus)
    if text is not None and text.startswith(_TRACE_HEAD):
        told = _explain_trace(text.splitlines(), lang, settings)
    else:
        told = _explain_apdus(list(apdus) if text is None else text.split("\n"), lang, bare=text is None)
    settings.output.document({"explanations": [{**where, **said} for where, said in told]})
    for where, said in told:
        line = "".join(f"{name}: " for name in where.values()) + said["sentence"]
        settings.output.say(line, line)
    return 0


_Told = list[tuple[dict[str, str], dict[str, Any]]]
"""Of each explanation whose card it is about, where that is known, and its fields."""


def _explain_apdus(texts: list[str], lang: Lang, *, bare: bool) -> _Told:
    raw = [_from_hex(text) for text in texts if text.strip()]
    if not raw and bare:
        raise click.UsageError("there is no APDU to explain; one is 00A4040C0AD392F000260100000001")
    explainer = Explainer(lang=lang)
    pairs = [raw[start : start + 2] for start in range(0, len(raw), 2)]
    return [({}, explainer.explain(*pair).as_dict()) for pair in pairs]


def _explain_trace(lines: Iterable[str], lang: Lang, settings: Settings) -> _Told:
    from readers.replay import read_trace

    explainers: dict[str | None, Explainer] = {}
    told: _Told = []
    for line in read_trace(lines):
        explainer = explainers.setdefault(line.card, Explainer(lang=lang))
        where = {} if line.card is None else {"card": line.card}
        if line.fault is not None:
            word = settings.output.text("fault", "障害")
            told.append((where, {"sentence": f"{word}: {line.fault}", "fault": line.fault}))
        elif line.atr is not None:
            explainer.reset()
            atr = line.bytes_of(line.atr).hex().upper()
            word = settings.output.text("the card was reset, ATR", "カードをリセット、ATR")
            told.append((where, {"sentence": f"{word} {atr}", "atr": atr}))
        elif line.error is not None:
            said = explainer.explain(line.bytes_of(line.command)).as_dict()
            told.append((where, {**said, "sentence": f"{said['sentence']} → {line.error}", "error": line.error}))
        else:
            raw, response = line.bytes_of(line.command), line.bytes_of(line.response)
            told.append((where, explainer.explain(raw, response).as_dict()))
    return told


def _text_of(apdus: tuple[str, ...]) -> str | None:
    """What the one argument that is no APDU stands for: standard input, or a file."""
    if len(apdus) != 1:
        return None
    if apdus == ("-",):
        return _decoded(sys.stdin.buffer.read(_LONGEST_TRACE + 1) if sys.stdin is not None else b"")
    path = Path(apdus[0])
    if _is_hex(apdus[0]) or not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises for too long a name
        return None
    with path.open("rb") as file:
        return _decoded(file.read(_LONGEST_TRACE + 1))


def _decoded(raw: bytes) -> str:
    # What is no text is no hexadecimal either, and is told so; a closed standard input is an empty one.
    if len(raw) > _LONGEST_TRACE:
        raise click.UsageError(f"a trace of more than {_LONGEST_TRACE} bytes is explained in parts")
    return raw.decode("utf-8", errors="replace")


def _is_hex(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]*", _NOT_HEX.sub("", text)) is not None


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(_NOT_HEX.sub("", text))
    except ValueError as error:
        # Not echoed: what somebody pastes here may be a VERIFY with a PIN in it.
        raise click.UsageError(
            "this is no file, and an APDU is written in hexadecimal, such as 00A4040C0AD392F000260100000001"
        ) from error
