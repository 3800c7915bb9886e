"""How ``mynalab pki`` tells what it saw: for machines, and in two languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal

from jpki.reasons import RevocationReason
from jpki.registry.records import CertificateId
from jpki.verify.crl_index import CrlIndex
from jpki.verify.findings import Finding
from jpki.verify.ocsp_status import OcspRevocationStatus
from jpki.verify.revocation import RevocationAnswer
from mynalab.lab.outside import Seen
from mynalab.words import KIND_JA, STATE_JA

_SHOWN_ENTRIES: Final = 20
_COLOURS: Final = {"good": "green", "on-hold": "yellow", "revoked": "red", "not-yet-issued": None}
_UNKNOWN: Final = "jpki.revocation.ocsp-unknown"


def moment(at: datetime) -> str:
    """A moment as all commands write it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def seen_document(seen: Seen) -> dict[str, Any]:
    """For machines."""
    truth, listed = seen.truth, seen.listed
    return {
        "ca": seen.certificate.id.kind.value,
        "serial": seen.certificate.id.serial,
        "card": seen.certificate.card,
        "register": {
            "state": seen.state,
            "reason": truth.reason.rfc_name if truth.reason is not None else None,
            "since": moment(truth.since) if truth.since is not None else None,
        },
        "ocsp": _ocsp_document(seen.ocsp),
        "crl": {
            "this_update": moment(seen.list_of) if seen.list_of is not None else None,
            "listed": listed is not None,
            "reason": listed.reason.rfc_name if listed is not None and listed.reason is not None else None,
            "revoked_at": moment(listed.revoked_at) if listed is not None else None,
        },
    }


def _ocsp_document(answer: RevocationAnswer) -> dict[str, Any]:
    return {
        "says": ocsp_word(answer)[0],
        "codes": [finding.code for finding in answer.findings],
        **(answer.status.as_dict() if answer.status is not None else {}),
    }


def ocsp_word(answer: RevocationAnswer) -> tuple[str, str]:
    """What OCSP said, in a word."""
    if isinstance(answer.status, OcspRevocationStatus):
        if answer.status.entry is None:
            return "good", "有効"
        held = answer.status.entry.reason is RevocationReason.CERTIFICATE_HOLD
        return ("on-hold", "一時保留") if held else ("revoked", "失効")
    if any(finding.code == _UNKNOWN for finding in answer.findings):
        return "unknown", "不明（まだ知らない）"
    return "no answer", "回答なし"


def seen_lines(seen: Sequence[Seen]) -> Iterator[tuple[str, str, str | None]]:
    """A heading and three lines a certificate."""
    for one in seen:
        id_, truth = one.certificate.id, one.truth
        kind = KIND_JA[id_.kind.value]
        yield f"{id_.kind.value} certificate {id_.serial}", f"{kind}電子証明書 {id_.serial}", None
        reason, reason_ja = _because(truth.reason, truth.since)
        state = one.state
        colour = _COLOURS.get(state)
        yield f"  register  {state}{reason}", f"  登録簿  {STATE_JA[state]}{reason_ja}", colour
        word, word_ja = ocsp_word(one.ocsp)
        as_of, as_of_ja = _as_of(one.ocsp)
        yield f"  OCSP      {word}{as_of}", f"  OCSP    {word_ja}{as_of_ja}", _COLOURS.get(word)
        yield _listed(one)


def _as_of(answer: RevocationAnswer) -> tuple[str, str]:
    if answer.status is None:
        codes = ", ".join(finding.code for finding in answer.findings)
        return f" ({codes})", f"（{codes}）"
    return f" as of {moment(answer.status.this_update)}", f"（{moment(answer.status.this_update)} 現在）"


def _because(reason: RevocationReason | None, since: datetime | None) -> tuple[str, str]:
    if reason is None or since is None:
        return "", ""
    return f" since {moment(since)}: {reason.rfc_name}", f"（{moment(since)} から: {reason.rfc_name}）"


def _listed(one: Seen) -> tuple[str, str, str | None]:
    if one.list_of is None and one.issuer_ended:
        return "  CRL       none any more: its CA has ended", "  CRL     認証局が終了したため、ありません", None
    if one.list_of is None:
        return "  CRL       none has been issued yet", "  CRL     まだ発行されていません", None
    if one.listed is None:
        return (
            f"  CRL       not on the list of {moment(one.list_of)}",
            f"  CRL     {moment(one.list_of)} のリストにはありません",
            "green",
        )
    reason = one.listed.reason.rfc_name if one.listed.reason is not None else str(one.listed.reason_code)
    colour = "yellow" if one.listed.reason is RevocationReason.CERTIFICATE_HOLD else "red"
    return (
        f"  CRL       on the list of {moment(one.list_of)}: {reason}",
        f"  CRL     {moment(one.list_of)} のリストに掲載: {reason}",
        colour,
    )


def answer_document(id_: CertificateId, answer: RevocationAnswer) -> dict[str, Any]:
    """For machines: one answer of OCSP."""
    return {"ca": id_.kind.value, "serial": id_.serial, **_ocsp_document(answer)}


def answer_line(id_: CertificateId, answer: RevocationAnswer) -> tuple[str, str, str | None]:
    """One answer of OCSP, and every finding about it."""
    word, word_ja = ocsp_word(answer)
    kind = KIND_JA[id_.kind.value]
    english = f"{id_.kind.value} certificate {id_.serial}: {word}{_told(answer.findings, 'en')}"
    return english, f"{kind}電子証明書 {id_.serial}: {word_ja}{_told(answer.findings, 'ja')}", _COLOURS.get(word)


def _told(findings: Sequence[Finding], language: Literal["en", "ja"]) -> str:
    return "".join(f"\n  {finding.code}: {finding.message_in(language)}" for finding in findings)


def crl_document(ca: str, point: str | None, index: CrlIndex) -> dict[str, Any]:
    """For machines: the whole list."""
    frame = index.frame
    return {
        "ca": ca,
        "point": point,
        "number": frame.number,
        "this_update": moment(frame.this_update),
        "next_update": moment(frame.next_update) if frame.next_update is not None else None,
        "entries": [
            {
                "serial": entry.serial,
                "revoked_at": moment(entry.revoked_at),
                "reason": entry.reason.rfc_name if entry.reason is not None else entry.reason_code,
            }
            for entry in index.entries()
        ],
    }


def crl_lines(ca: str, point: str | None, index: CrlIndex) -> Iterator[tuple[str, str]]:
    """The list in words, its first entries."""
    frame, count = index.frame, len(index)
    what, what_ja = (f"{ca}, {point}", f"{ca}（{point}）") if point is not None else (ca, ca)
    yield (
        f"CRL {frame.number} of {what}, issued {moment(frame.this_update)}: {count} entries",
        f"{what_ja} の CRL {frame.number}（{moment(frame.this_update)} 発行）: {count} 件",
    )
    if frame.next_update is not None:
        yield f"  the next one by {moment(frame.next_update)}", f"  次回更新期限 {moment(frame.next_update)}"
    for number, entry in enumerate(index.entries()):
        if number == _SHOWN_ENTRIES:
            yield f"  … and {count - number} more: --json shows all", f"  … ほか {count - number} 件（--json で全件）"
            return
        reason = entry.reason.rfc_name if entry.reason is not None else str(entry.reason_code)
        line = f"  {entry.serial}  {moment(entry.revoked_at)}  {reason}"
        yield line, line


def timeline_document(timeline: Any) -> dict[str, Any]:
    """For machines: dataclasses as objects, moments and words as text."""
    plain: dict[str, Any] = _plain(asdict(timeline))
    return plain


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return moment(value)
        case Enum():
            return value.name.lower().replace("_", "-") if isinstance(value.value, int) else value.value
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value
