"""Very many certificates by OCSP: every row in one state, few questions, patience that ends, a rate that is kept."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jpki.ca.authority import Authority
from jpki.executing.chunks import Chunk, Result, Row
from jpki.kinds import CaKind
from jpki.ocsp.request import decode_request
from jpki.ocsp.response import ResponseStatus, error_response
from jpki.ocsp.status import GOOD
from jpki.rp.asking.ocsp import INPUT_FLAW, ISSUER_FLAW, SPOILT, AskOcsp
from jpki.verify.errors import OcspUnavailableError
from jpki.verify.trust import TrustAnchor
from tests.jpki.ocsp.desk import GOOD_SERIAL, HELD_SERIAL, MOVED_SERIAL, NEVER_ISSUED, NOW, Desk, make_desk

AUTH, SIGN = CaKind.AUTH, CaKind.SIGN
PAST, FUTURE = (int((NOW + timedelta(days=days)).timestamp()) for days in (-1, 1))


@dataclass
class World:
    """A desk, a clock that passes by sleeping alone, and what was asked when."""

    desk: Desk
    trouble: list[Any] = field(default_factory=list)
    most: int = 64
    answers_first_only: bool = False
    now: float = 0.0
    asked: list[tuple[float, int]] = field(default_factory=list)

    def transport(self, request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:
        read = decode_request(request)
        self.asked.append((self.now, len(read.cert_ids)))
        assert now == NOW + timedelta(seconds=self.now)
        if self.trouble and (wrong := self.trouble.pop(0)) is not None:
            if isinstance(wrong, Exception):
                raise wrong
            return error_response(wrong)
        if len(read.cert_ids) > self.most:
            if not self.answers_first_only:
                return error_response(ResponseStatus.MALFORMED_REQUEST)
            serials = [one.serial for one in read.cert_ids[: self.most]]
            authority = next(one for one in self.desk.all_authorities if one.key_id == issuer.key_id)
            cut = self.desk.request(*serials, nonce=read.nonce, authority=authority)
            return self.desk.responder().answer(cut, at=now).der
        return self.desk.responder().answer(request, at=now).der

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def task(self, **changes: Any) -> AskOcsp:
        return AskOcsp(
            **{
                "transport": self.transport,
                "anchors": tuple(map(self.desk.anchor, self.desk.authorities.values())),
                "rng": bytes,
                "monotonic": lambda: self.now,
                "sleep": self.sleep,
            }
            | changes
        )

    def row(self, serial: int, kind: CaKind = AUTH, *, not_after: int | None = FUTURE) -> Row:
        key_id = self.desk.authorities[kind].key_id.hex()
        return {"id": f"{kind.value}-{serial}", "authority": key_id, "serial": serial, "not_after": not_after}

    def ask(self, *rows: Row, interval_s: float = 0.0, **changes: Any) -> list[Result]:
        chunk = Chunk(number=0, first=0, rows=rows, at=NOW, interval_s=interval_s)
        return list(self.task(**changes)(chunk))

    def sizes(self) -> list[int]:
        return [size for _, size in self.asked]


@pytest.fixture
def world(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> World:
    return World(make_desk(authorities, make_authority))


def many(world: World, count: int) -> list[Row]:
    """Good ones with numbers from 100."""
    key_id = world.desk.authorities[AUTH].key_id
    for serial in range(100, 100 + count):
        world.desk.register.record(key_id, serial, datetime(2026, 4, 1, tzinfo=UTC), GOOD)
    return [world.row(serial) for serial in range(100, 100 + count)]


@pytest.mark.parametrize(
    ("serial", "not_after", "expected"),
    [
        (GOOD_SERIAL, FUTURE, {"state": "good"}),
        (GOOD_SERIAL, int(NOW.timestamp()), {"state": "good"}),
        (GOOD_SERIAL, None, {"state": "good"}),
        (GOOD_SERIAL, PAST, {"state": "expired"}),
        (HELD_SERIAL, FUTURE, {"state": "held", "reason": "certificateHold", "since": "2026-04-30T22:15:03Z"}),
        (HELD_SERIAL, PAST, {"state": "held", "reason": "certificateHold", "since": "2026-04-30T22:15:03Z"}),
        (MOVED_SERIAL, PAST, {"state": "revoked", "reason": "affiliationChanged", "since": "2026-04-30T22:15:03Z"}),
        (NEVER_ISSUED, FUTURE, {"state": "unknown", "finding": "jpki.revocation.ocsp-unknown"}),
        (NEVER_ISSUED, PAST, {"state": "expired"}),
    ],
)
@pytest.mark.parametrize("kind", CaKind)
def test_a_certificate_is_in_its_state(
    world: World, kind: CaKind, serial: int, not_after: int | None, expected: dict[str, str]
) -> None:
    [result] = world.ask(world.row(serial, kind, not_after=not_after))
    assert result == {"id": f"{kind.value}-{serial}", "at": "2026-05-01T03:07:42Z"} | expected


def test_no_serial_number_is_in_a_result(world: World) -> None:
    row = {**world.row(MOVED_SERIAL), "id": "customer", "serial": 987_654_321}
    assert "987654321" not in str(world.ask(row))


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        ({"id": "x", "flaw": "serial"}, INPUT_FLAW),
        ({"id": "x", "authority": "00ff", "serial": 5, "not_after": PAST}, ISSUER_FLAW),
    ],
    ids=["unreadable", "stranger"],
)
def test_what_cannot_be_asked_is_unknown_and_costs_no_question(world: World, row: Row, finding: str) -> None:
    [result] = world.ask(row)
    assert (result["id"], result["state"], result["finding"]) == ("x", "unknown", finding)
    assert world.asked == []


def test_a_spoilt_row_is_unknown(world: World) -> None:
    spoilt = world.task().spoilt(world.row(5), number=7, why="KeyError")
    assert spoilt == {"id": "auth-5", "state": "unknown", "finding": SPOILT, "why": "KeyError"}


@pytest.mark.parametrize(("batch", "sizes"), [(1, [1] * 5 + [1]), (2, [2, 2, 1, 1]), (16, [5, 1]), (64, [5, 1])])
def test_several_go_into_one_question_of_one_ca(world: World, batch: int, sizes: list[int]) -> None:
    rows = [*many(world, 5), world.row(GOOD_SERIAL, SIGN)]
    results = world.ask(*rows, batch=batch)
    assert [one["id"] for one in results] == [row["id"] for row in rows]
    assert {one["state"] for one in results} == {"good"}
    assert sorted(world.sizes()) == sorted(sizes)


def test_nobody_is_asked_about_twice(world: World) -> None:
    results = world.ask(world.row(GOOD_SERIAL), world.row(HELD_SERIAL), world.row(GOOD_SERIAL, not_after=PAST))
    assert [one["state"] for one in results] == ["good", "held", "expired"]
    assert world.sizes() == [2]


@pytest.mark.parametrize("first_only", [False, True], ids=["malformed", "first-only"])
def test_a_responder_that_takes_one_alone_is_asked_one_by_one(world: World, first_only: bool) -> None:
    world.most, world.answers_first_only = 1, first_only
    results = world.ask(*many(world, 6), batch=4)
    assert [one["state"] for one in results] == ["good"] * 6
    assert world.sizes() == [4] + [1] * (5 if first_only else 6)


DOWN = OcspUnavailableError("a cut cable")
LATER, BROKEN = ResponseStatus.TRY_LATER, ResponseStatus.INTERNAL_ERROR


@pytest.mark.parametrize("wrong", [DOWN, LATER, BROKEN], ids=["down", "later", "internal"])
@pytest.mark.parametrize(
    ("times", "state", "slept"), [(1, "good", 1), (2, "good", 5), (3, "good", 20), (4, "unknown", 20)]
)
def test_silence_is_waited_for_and_ends_as_unknown(
    world: World, wrong: Any, times: int, state: str, slept: float
) -> None:
    world.trouble = [wrong] * times
    [result] = world.ask(world.row(GOOD_SERIAL))
    assert (result["state"], world.now) == (state, slept)
    if state == "unknown":
        assert result["finding"] in ("jpki.revocation.ocsp-unreachable", "jpki.revocation.ocsp-error")


def test_silence_is_not_waited_for_again_and_again(world: World) -> None:
    """What nobody answers takes a chunk twenty seconds, not twenty for each question."""
    world.trouble = [DOWN] * 8
    results = world.ask(*many(world, 6), batch=1)
    assert [one["state"] for one in results] == ["unknown"] * 5 + ["good"]
    assert world.now == 20


@pytest.mark.parametrize(
    "wrong", [ResponseStatus.UNAUTHORIZED, ResponseStatus.SIG_REQUIRED], ids=lambda one: one.rfc_name
)
def test_a_refusal_is_not_asked_again(world: World, wrong: ResponseStatus) -> None:
    world.trouble = [wrong]
    [result] = world.ask(world.row(GOOD_SERIAL))
    assert (result["state"], result["finding"]) == ("unknown", "jpki.revocation.ocsp-error")
    assert len(world.asked) == 1


def test_a_changed_answer_makes_unknown(world: World) -> None:
    forged = world.desk.ask(GOOD_SERIAL, nonce=bytes(32)).der[:-1] + b"\0"
    [result] = world.ask(world.row(GOOD_SERIAL), transport=lambda request, **_: forged)
    assert (result["state"], result["finding"]) == ("unknown", "jpki.revocation.ocsp-responder-unauthorized")


def test_each_question_takes_its_turn_retries_as_well(world: World) -> None:
    world.trouble = [None, LATER]
    world.ask(*many(world, 3), batch=1, interval_s=2.0)
    assert [at for at, _ in world.asked] == [2.0, 4.0, 6.0, 8.0]


def test_without_a_nonce(world: World) -> None:
    asked: list[bytes] = []

    def listen(request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:
        asked.append(request)
        return world.transport(request, issuer=issuer, now=now)

    assert world.ask(world.row(GOOD_SERIAL), with_nonce=False, transport=listen)[0]["state"] == "good"
    assert [decode_request(one).nonce for one in asked] == [None]


def test_states_add_up(world: World) -> None:
    rows = [
        world.row(serial, kind, not_after=end) for serial in (7, 8, 9, 10) for kind in CaKind for end in (PAST, None)
    ]
    results = world.ask(*rows)
    assert Counter(one["state"] for one in results) == {"good": 2, "expired": 4, "held": 4, "revoked": 4, "unknown": 2}


@pytest.mark.parametrize("batch", [0, 65])
def test_a_batch_has_bounds(world: World, batch: int) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        world.task(batch=batch)


def test_anchors_arrive_in_another_process_as_they_are(world: World) -> None:
    for authority in world.desk.all_authorities:
        anchor = world.desk.anchor(authority)
        again = pickle.loads(pickle.dumps(anchor))
        assert again.algorithm is anchor.algorithm
        assert (again.certificate, again.key_id, again.hierarchy) == (
            anchor.certificate,
            anchor.key_id,
            anchor.hierarchy,
        )
