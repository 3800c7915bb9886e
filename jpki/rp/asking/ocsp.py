"""How very many certificates stand, by OCSP: each row in one of the sweep's five states.

Several certificates go into one request where the responder takes that; one that answers for fewer is asked again,
certificate by certificate. Who is not there, or says to try later, is asked again after a while, and after that the
certificate is unknown. Serial numbers are in the questions, never in the results.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apdu.ports import RandomBytes
from jpki.executing.chunks import Chunk, Result, Row
from jpki.executing.pace import Pace
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.request import MAX_CERTIFICATES, encode_request
from jpki.ocsp.response import ResponseStatus
from jpki.reasons import RevocationReason
from jpki.rp.records import State
from jpki.verify.errors import OcspUnavailableError
from jpki.verify.findings import finding, moment_text
from jpki.verify.ocsp import NONCE_SIZE, OcspTransport, check_ocsp_batch
from jpki.verify.revocation import RevocationAnswer
from jpki.verify.trust import TrustAnchor

BATCH: Final = 16
RETRY_AFTER_S: Final = (1.0, 4.0, 15.0)
"""After each of these a question is asked again that had no answer."""
INPUT_FLAW, ISSUER_FLAW, SPOILT = "input.unreadable", "input.issuer-unknown", "worker.failed"
"""Why nobody could be asked. Other codes are the verifier's findings."""

_UNREACHABLE: Final = "jpki.revocation.ocsp-unreachable"
_ERROR: Final = "jpki.revocation.ocsp-error"
_LEFT_OUT: Final = "jpki.revocation.ocsp-other-certificate"
_LATER: Final = frozenset({ResponseStatus.TRY_LATER.rfc_name, ResponseStatus.INTERNAL_ERROR.rfc_name})


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOcsp:
    """See ``jpki.executing.chunks.Task``. Everything in it can be pickled, the ways to responder and chance, too.

    Rows: ``id`` (the caller's), ``authority`` (hex of the issuer's key identifier), ``serial``, ``not_after`` (seconds
    since 1970, or None); or ``id`` and ``flaw`` for what could not be read as such.
    """

    transport: OcspTransport
    anchors: tuple[TrustAnchor, ...]
    rng: RandomBytes
    batch: int = BATCH
    with_nonce: bool = True
    retry_after_s: Sequence[float] = RETRY_AFTER_S
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    states: Sequence[str] = field(default=tuple(state.value for state in State), init=False)

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= MAX_CERTIFICATES:
            raise ValueError(f"1 to {MAX_CERTIFICATES} certificates go into a request")

    def __call__(self, chunk: Chunk) -> Sequence[Result]:
        """Ask about all, each certificate once."""
        session = _Session(self, chunk)
        anchors = {anchor.key_id.hex(): anchor for anchor in self.anchors}
        known: dict[tuple[str, int], _Learned] = {}
        for authority, anchor in anchors.items():
            rows = (row for row in chunk.rows if row.get("authority") == authority)
            serials = dict.fromkeys(int(row["serial"]) for row in rows)
            known |= {(authority, serial): learned for serial, learned in session.learn(serials, anchor)}
        return [_result(row, known) for row in chunk.rows]

    def spoilt(self, row: Row, *, number: int, why: str) -> Result:
        """Unknown."""
        del number
        return {"id": row.get("id"), "state": State.UNKNOWN.value, "finding": SPOILT, "why": why}


@dataclass(frozen=True, slots=True)
class _Learned:
    answer: RevocationAnswer
    at: datetime


class _Session:
    """One chunk's questions."""

    def __init__(self, task: AskOcsp, chunk: Chunk) -> None:
        self._task = task
        self._at = chunk.at
        self._pace = Pace(chunk.interval_s, monotonic=task.monotonic, sleep=task.sleep)
        self._batch = task.batch
        self._delays_s = tuple(task.retry_after_s)

    def learn(self, serials: Collection[int], anchor: TrustAnchor) -> Iterator[tuple[int, _Learned]]:
        """What is answered about each."""
        waiting = list(serials)
        while waiting:
            asked, waiting = waiting[: self._batch], waiting[self._batch :]
            learned = self._patiently(asked, anchor)
            refused = [serial for serial in asked if _is_for_fewer(learned[serial].answer)] if len(asked) > 1 else []
            if refused:
                self._batch = 1  # it does not take so many; the rest of the chunk is not asked in vain again
                waiting = [*refused, *waiting]
            yield from ((serial, learned[serial]) for serial in asked if serial not in refused)

    def _patiently(self, serials: Sequence[int], anchor: TrustAnchor) -> dict[int, _Learned]:
        """Ask again what may be answered later; who was silent to the end is asked just once next time."""
        delays_s, self._delays_s = self._delays_s, ()
        learned = self._once(serials, anchor)
        for delay_s in delays_s:
            if not _is_for_later(learned[serials[0]].answer):
                break
            self._pace.rest(delay_s)
            learned = self._once(serials, anchor)
        if not _is_for_later(learned[serials[0]].answer):
            self._delays_s = tuple(self._task.retry_after_s)
        return learned

    def _once(self, serials: Sequence[int], anchor: TrustAnchor) -> dict[int, _Learned]:
        self._pace.wait()
        now = self._at + timedelta(seconds=self._pace.elapsed_s)
        nonce = self._task.rng(NONCE_SIZE) if self._task.with_nonce else None
        issuer = OcspIssuer.of_certificate(anchor.certificate)
        request = encode_request([issuer.cert_id(serial) for serial in serials], nonce=nonce)
        try:
            response = self._task.transport(request, issuer=anchor, now=now)
        except OcspUnavailableError as error:
            silence = RevocationAnswer((finding(_UNREACHABLE, why=str(error)),))
            return dict.fromkeys(serials, _Learned(silence, now))
        answers = check_ocsp_batch(response, serials=serials, issuer=anchor, nonce=nonce, now=now)
        return {serial: _Learned(answer, now) for serial, answer in answers.items()}


def _is_for_later(answer: RevocationAnswer) -> bool:
    """Whether the same question may have an answer later."""
    return any(
        one.code == _UNREACHABLE or (one.code == _ERROR and one.detail["status"] in _LATER) for one in answer.findings
    )


def _is_for_fewer(answer: RevocationAnswer) -> bool:
    """Whether a question about this certificate alone may have an answer."""
    malformed = ResponseStatus.MALFORMED_REQUEST.rfc_name
    return any(
        one.code == _LEFT_OUT or (one.code == _ERROR and one.detail["status"] == malformed) for one in answer.findings
    )


def _result(row: Row, known: dict[tuple[str, int], _Learned]) -> Result:
    if "flaw" in row:
        return {"id": row["id"], "state": State.UNKNOWN.value, "finding": INPUT_FLAW, "why": row["flaw"]}
    learned = known.get((row["authority"], row["serial"]))
    if learned is None:
        return {"id": row["id"], "state": State.UNKNOWN.value, "finding": ISSUER_FLAW}
    state = _state(learned, row["not_after"])
    told: dict[str, Any] = {"id": row["id"], "state": state.value, "at": moment_text(learned.at)}
    status = learned.answer.status
    if status is not None and status.entry is not None:
        reason = status.entry.reason
        return told | {"reason": reason and reason.rfc_name, "since": moment_text(status.entry.revoked_at)}
    if state is State.UNKNOWN:
        return told | {"finding": learned.answer.findings[0].code}
    return told


def _state(learned: _Learned, not_after: int | None) -> State:
    """In the sweep's order: what is revoked stays so after its end, and an end needs no answer."""
    status = learned.answer.status
    if status is not None and status.entry is not None:
        held = status.entry.reason is RevocationReason.CERTIFICATE_HOLD
        return State.HELD if held else State.REVOKED
    if not_after is not None and learned.at > datetime.fromtimestamp(not_after, UTC):
        return State.EXPIRED
    return State.UNKNOWN if status is None else State.GOOD
