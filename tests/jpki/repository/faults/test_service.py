"""A plan at work: which requests it strikes, and what each effect does to an answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.repository.errors import PkiFaultError
from jpki.repository.faults.plan import PkiFaultPlan
from jpki.repository.faults.read import parse_fault
from jpki.repository.faults.service import FaultyService
from jpki.repository.messages import Delivery, Request, Response, Service, http_date
from jpki.repository.repository import Repository
from jpki.repository.sources import PublishedAuthority

AT = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
ASKED = f"/ocsp/auth/{base64.b64encode(b'0 request').decode()}"
LIST = b"list of auth full 2026-03-31T18:00Z"
Play = Callable[..., Callable[..., Response]]


class Impostor:
    """A substitute that says its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def handle(self, request: Request, *, at: datetime) -> Response:
        return Response(status=200, headers=(), body=f"{self.name} {request.path} {at:%m-%d}".encode())


SUBSTITUTES: Mapping[str, Service] = {name: Impostor(name) for name in ("other-ca", "wrong-signer", "other-serial")}


@pytest.fixture
def play(repository: Repository) -> Play:
    """A repository under faults in words: ``get(path)`` asks it."""

    def start(*faults: str, seed: str = "s") -> Callable[..., Response]:
        plan = PkiFaultPlan(faults=tuple(map(parse_fault, faults)), seed=seed)
        service = FaultyService(repository, plan, substitutes=SUBSTITUTES, known_as=repository.known_as)

        def get(path: str = "/crl/auth.crl", method: str = "GET", at: datetime = AT) -> Response:
            return service.handle(Request(method=method, path=path), at=at)

        get.service = service  # type: ignore[attr-defined]
        return get

    return start


# --- effects


def test_down_sends_nothing(play: Play) -> None:
    assert play("down")().delivery == Delivery(dropped=True)


def test_unavailable_says_when_to_come_back(play: Play) -> None:
    response = play("unavailable status=504 retry_after_s=7")()
    assert (response.status, response.header("Retry-After")) == (504, "7")
    assert json.loads(response.body)["detail"]


def test_slow_changes_the_pace_alone(play: Play) -> None:
    response = play("slow ms=250 bytes_per_second=10")()
    assert response.delivery == Delivery(delay_ms=250, bytes_per_second=10)
    assert replace(response, delivery=Delivery()) == play()()


def test_delays_add_up(play: Play) -> None:
    assert play("slow ms=250", "slow ms=50")().delivery.delay_ms == 300


def test_truncation_keeps_the_promise_of_the_length(play: Play) -> None:
    response = play("truncate keep=5")()
    assert response.delivery.keep == 5
    assert response.header("Content-Length") == str(len(LIST))


@pytest.mark.parametrize("bits", [1, 3, 64])
def test_corruption_flips_so_many_bits(play: Play, bits: int) -> None:
    changed = int.from_bytes(play(f"corrupt bits={bits}")().body) ^ int.from_bytes(LIST)
    assert changed.bit_count() == bits


def test_corruption_of_nothing_is_nothing(play: Play) -> None:
    assert play("corrupt")(method="HEAD").body == b""


def test_stale_list_is_of_then_and_dated_now(play: Play) -> None:
    response = play("stale hours=72")()
    assert response.body == b"list of auth full 2026-03-28T18:00Z"
    assert response.header("Date") == http_date(AT)
    assert response.header("Last-Modified") == http_date(AT - timedelta(days=3, hours=6, minutes=30))


def test_skewed_clock_shows_everywhere(play: Play) -> None:
    response = play("skew seconds=86400")()
    assert response.body == b"list of auth full 2026-04-01T18:00Z"
    assert response.header("Date") == http_date(AT + timedelta(days=1))


@pytest.mark.parametrize(
    ("fault", "path"), [("other-ca", "/crl/auth.crl"), ("wrong-signer", "/crl/sign.crl"), ("other-serial", ASKED)]
)
def test_substitute_answers_instead(play: Play, fault: str, path: str) -> None:
    assert play(fault)(path).body == f"{fault} {path} 04-01".encode()


def test_substitute_that_nobody_lends_is_refused(repository: Repository) -> None:
    with pytest.raises(PkiFaultError, match="replayed is not possible here"):
        FaultyService(repository, PkiFaultPlan(faults=(parse_fault("replayed"),)))


def test_first_fault_spoils_what_the_later_ones_have_spoilt(play: Play) -> None:
    response = play("truncate keep=3", "stale hours=24")()
    assert (response.body, response.delivery.keep) == (b"list of auth full 2026-03-30T18:00Z", 3)


@pytest.mark.parametrize(("faults", "day"), [(("stale", "other-ca"), "03-31"), (("other-ca", "stale"), "04-01")])
def test_order_of_the_plan_is_the_order_of_the_wrappers(play: Play, faults: tuple[str, ...], day: str) -> None:
    assert play(*faults)().body == f"other-ca /crl/auth.crl {day}".encode()


# --- aims


@pytest.mark.parametrize(
    ("fault", "path", "struck"),
    [
        ("down", "/", True),
        ("down", "/ca/sign.cer", True),
        ("down", "/nothing/at/all", False),
        ("down on=crl", "/crl/sign.crl", True),
        ("down on=crl", "/crl/sign/", True),
        ("down on=crl", "/ca/sign.cer", False),
        ("down on=ocsp", ASKED, True),
        ("down ca=auth", "/crl/auth.crl", True),
        ("down ca=auth", "/crl/sign.crl", False),
        ("down ca=auth", "/crl/auth-earlier.crl", False),
        ("down path=/ca/*", "/ca/sign.pem", True),
        ("down path=/ca/*", "/crl/sign.crl", False),
        ("down path=/crl/*OU=Hokkaido*", "/crl/sign/CN=a,OU=Hokkaido,C=JP", True),
        ("stale", "/ca/sign.cer", False),
        ("other-ca", ASKED, False),
        ("other-serial", "/crl/auth.crl", False),
    ],
)
def test_aim(play: Play, fault: str, path: str, struck: bool) -> None:
    get = play(fault)
    get(path)
    assert bool(get.service.fired) is struck  # type: ignore[attr-defined]


def test_ca_is_known_by_its_key_as_well(play: Play, published: list[PublishedAuthority]) -> None:
    later, earlier = (f"/crl/{authority.key_id.hex()}/" for authority in published[1:])
    get = play("down ca=auth cease=always")
    assert [get(path).delivery.dropped for path in (later, earlier)] == [True, False]


# --- how often


def struck(get: Callable[..., Response], count: int) -> str:
    return "".join("x" if get().delivery.dropped else "." for _ in range(count))


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("down", "x....."),
        ("down cease=2", "xx...."),
        ("down cease=always", "xxxxxx"),
        ("down number=3", "..x..."),
        ("down number=3 cease=2", "..xx.."),
        ("down number=5 cease=always", "....xx"),
    ],
)
def test_cessation(play: Play, fault: str, pattern: str) -> None:
    assert struck(play(fault), 6) == pattern


def test_only_requests_in_its_aim_count(play: Play) -> None:
    get = play("down on=crl number=2")
    dropped = [get(path).delivery.dropped for path in ("/", "/crl/auth.crl", "/ca/auth.cer", "/crl/sign.crl")]
    assert dropped == [False, False, False, True]


def test_share_is_what_it_says_and_the_same_each_time(play: Play) -> None:
    first, again, other = (struck(play("down percent=20 cease=always", seed=seed), 500) for seed in ("a", "a", "b"))
    assert first == again != other
    assert 60 < first.count("x") < 140


def test_share_counts_only_hits_as_times(play: Play) -> None:
    assert struck(play("down percent=20 cease=3"), 200).count("x") == 3


def test_corruption_is_the_same_each_time_and_differs_within(play: Play) -> None:
    first, again = (play("corrupt cease=always") for _ in range(2))
    bodies = [first().body for _ in range(4)]
    assert bodies == [again().body for _ in range(4)]
    assert len(set(bodies)) == 4


def test_firings_are_told(play: Play) -> None:
    get = play("down number=2 on=crl")
    get()
    get()
    fired: Any = get.service.fired  # type: ignore[attr-defined]
    assert [each.as_dict() for each in fired] == [
        {"fault": "down on=crl number=2", "number": 2, "method": "GET", "path": "/crl/auth.crl"}
    ]


def test_threads_share_one_count(play: Play) -> None:
    get = play("down cease=500")
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: get().delivery.dropped, range(4000)))
    assert sum(responses) == 500


def test_plan_without_faults_changes_nothing(play: Play, repository: Repository) -> None:
    assert play()() == repository.handle(Request(method="GET", path="/crl/auth.crl"), at=AT)


@pytest.mark.parametrize("kind", list(CaKind))
def test_responder_is_asked_once(play: Play, responders: Mapping[CaKind, Any], kind: CaKind) -> None:
    play("truncate", "corrupt")(ASKED.replace("auth", kind.value))
    assert len(responders[kind].asked) == 1
