"""Answers are signed once, and never kept beyond their quarter of an hour, their data or their number."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.ocsp import responder as responder_module
from jpki.ocsp.cache import VersionedCache
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.status import revoked
from jpki.reasons import RevocationReason
from tests.jpki.ocsp.desk import GOOD_SERIAL, LAG, NOW, QUARTER, Desk


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was signed while the test ran."""
    signed: list[bytes] = []
    sign = ResponderIdentity.sign

    def watched(self: ResponderIdentity, tbs: bytes) -> bytes:
        signed.append(tbs)
        return sign(self, tbs)

    monkeypatch.setattr(ResponderIdentity, "sign", watched)
    return signed


def test_the_same_question_is_signed_once(desk: Desk, signatures: list[bytes]) -> None:
    responder = desk.responder()
    first = responder.answer(desk.request(), at=NOW)
    assert responder.answer(desk.request(), at=QUARTER) is first
    assert responder.answer(desk.request(), at=QUARTER + LAG - timedelta(seconds=1)) is first
    assert len(signatures) == 1


def test_the_same_certificate_asked_in_other_words_is_signed_once(desk: Desk, signatures: list[bytes]) -> None:
    responder = desk.responder()
    plain = desk.request()
    name = bytes.fromhex("a104a4023000")  # a requestorName of no importance
    worded = b"\x30" + bytes((plain[1] + 6,)) + b"\x30" + bytes((plain[3] + 6,)) + name + plain[4:]
    assert responder.answer(plain, at=NOW).der == responder.answer(worded, at=NOW).der
    assert len(signatures) == 1


def test_a_new_quarter_is_signed_anew(desk: Desk, signatures: list[bytes]) -> None:
    responder = desk.responder()
    answers = {responder.answer(desk.request(), at=QUARTER + number * LAG).der for number in range(3)}
    assert (len(answers), len(signatures)) == (3, 3)


def test_a_clock_set_back_gets_what_it_got(desk: Desk) -> None:
    responder = desk.responder()
    first = responder.answer(desk.request(), at=NOW).der
    responder.answer(desk.request(), at=NOW + LAG)
    assert responder.answer(desk.request(), at=NOW).der == first


def test_new_data_is_signed_anew(desk: Desk, signatures: list[bytes]) -> None:
    """An event with a past moment, as personas tell them, is there at once."""
    responder = desk.responder()
    good = responder.answer(desk.request(), at=NOW).der
    earlier = QUARTER - timedelta(days=1)
    key_id = desk.authorities[CaKind.AUTH].key_id
    desk.register.record(key_id, GOOD_SERIAL, earlier, revoked(earlier, RevocationReason.SUPERSEDED))
    assert responder.answer(desk.request(), at=NOW).der != good
    assert len(signatures) == 2


def test_each_nonce_is_signed(desk: Desk, signatures: list[bytes]) -> None:
    responder = desk.responder()
    for number in range(3):
        responder.answer(desk.request(nonce=bytes((number, 1))), at=NOW)
    responder.answer(desk.request(nonce=b"\x00\x01"), at=NOW)
    assert len(signatures) == 4


def test_two_responders_say_the_same(desk: Desk) -> None:
    """The cache changes no byte: an answer does not tell when in its quarter it was first asked for."""
    early, late = desk.responder().answer(desk.request(), at=QUARTER), desk.responder().answer(desk.request(), at=NOW)
    assert early.der == late.der


def test_the_cache_is_bounded(desk: Desk, signatures: list[bytes]) -> None:
    responder = desk.responder(cache_limit=10)
    for serial in range(1, 101):
        responder.answer(desk.request(serial), at=NOW)
    assert len(signatures) == 100
    responder.answer(desk.request(100), at=NOW)
    assert len(signatures) == 100
    responder.answer(desk.request(1), at=NOW)
    assert len(signatures) == 101


def test_long_requests_are_read_each_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A front of 16 KiB requests would not be small."""
    reads: list[bytes] = []
    decode: Any = responder_module.decode_request
    monkeypatch.setattr(responder_module, "decode_request", lambda raw: reads.append(raw) or decode(raw))
    responder = desk.responder()
    long = encode_request([desk.cert_id(serial) for serial in range(1, 41)])
    for raw in (long, long, desk.request(), desk.request()):
        responder.answer(raw, at=NOW)
    assert reads == [long, long, desk.request()]


def test_errors_are_not_kept(desk: Desk) -> None:
    responder = desk.responder(desk.identity(desk.authorities[CaKind.AUTH]))
    request = encode_request([desk.cert_id(1, desk.authorities[CaKind.SIGN])])
    assert responder.answer(request, at=NOW) is not responder.answer(request, at=NOW)


def test_least_recently_used_goes() -> None:
    cache: VersionedCache[str] = VersionedCache(limit=2)
    cache.put("a", 1, "A")
    cache.put("b", 1, "B")
    assert cache.get("a", 1) == "A"
    cache.put("c", 1, "C")
    assert (cache.get("a", 1), cache.get("b", 1), cache.get("c", 1), len(cache)) == ("A", None, "C", 2)


def test_another_version_is_none() -> None:
    cache: VersionedCache[str] = VersionedCache(limit=2)
    cache.put("a", 1, "A")
    assert cache.get("a", 2) is None
    cache.put("a", 2, "AA")
    assert (cache.get("a", 1), cache.get("a", 2), len(cache)) == (None, "AA", 1)


def test_threads_share_it(desk: Desk) -> None:
    responder = desk.responder(cache_limit=5)
    expected = {serial: responder.answer(desk.request(serial), at=NOW).der for serial in range(1, 11)}
    wrong: list[int] = []

    def ask(start: int) -> None:
        for number in range(300):
            serial = (start + number) % 10 + 1
            if responder.answer(desk.request(serial), at=NOW).der != expected[serial]:
                wrong.append(serial)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_twenty_thousand_a_second(desk: Desk) -> None:
    """The issue's bar, before HTTP; measured by benchmarks/ocsp_rate.py, here only not missed by far."""
    responder, request = desk.responder(), desk.request()
    responder.answer(request, at=NOW)
    begin = time.perf_counter()
    for _ in range(2_000):
        responder.answer(request, at=NOW)
    assert time.perf_counter() - begin < 0.1 * 5
