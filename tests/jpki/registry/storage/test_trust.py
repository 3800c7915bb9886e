"""What the register knows of certificates, at any moment: how they stand, what lists say, what goes together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import pytest

from jpki.errors import UnknownEntryError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason as Reason
from jpki.registry.interfaces import Register
from jpki.registry.records import CertificateId, CertificateState, CrlPoint, Link
from tests.jpki.registry.stock import BOTH, DAY, Stock, key_id

GOOD, HELD, REVOKED = CertificateState.GOOD, CertificateState.ON_HOLD, CertificateState.REVOKED
NOT_YET = CertificateState.NOT_YET_ISSUED
Ids = Mapping[CaKind, CertificateId]


@pytest.fixture
def ids(stock: Stock) -> Ids:
    """Hanako's certificates: both held on day 10; the one for log-in lifted on day 20, the other revoked."""
    ids = stock.issue("hanako")
    with stock.register.transaction(now=stock.now + 10 * DAY) as unit:
        unit.revoke(ids.values(), Reason.CERTIFICATE_HOLD)
    with stock.register.transaction(now=stock.now + 20 * DAY) as unit:
        unit.release([ids[CaKind.AUTH]])
        unit.revoke([ids[CaKind.SIGN]], Reason.KEY_COMPROMISE)
    return ids


LIVES = [
    pytest.param(CaKind.SIGN, -0.001, NOT_YET, None, None, id="sign-before-issue"),
    pytest.param(CaKind.SIGN, 0, GOOD, None, None, id="sign-issued"),
    pytest.param(CaKind.SIGN, 9.99999, GOOD, None, None, id="sign-a-second-before-the-hold"),
    pytest.param(CaKind.SIGN, 10, HELD, Reason.CERTIFICATE_HOLD, 10, id="sign-held"),
    # X.509 (holdInstructionCode): the date stays "the date the certificate was placed on hold".
    pytest.param(CaKind.SIGN, 20, REVOKED, Reason.KEY_COMPROMISE, 10, id="sign-revoked-after-hold"),
    pytest.param(CaKind.AUTH, 19, HELD, Reason.CERTIFICATE_HOLD, 10, id="auth-held"),
    pytest.param(CaKind.AUTH, 20, GOOD, None, None, id="auth-lifted"),
    pytest.param(CaKind.AUTH, 999, GOOD, None, None, id="auth-for-good"),
]


@pytest.mark.parametrize(("kind", "days", "state", "reason", "since"), LIVES)
def test_status(
    register: Register,
    ids: Ids,
    now: datetime,
    kind: CaKind,
    days: float,
    state: CertificateState,
    reason: Reason | None,
    since: int | None,
) -> None:
    found = register.status(ids[kind], at=now + days * DAY)
    moment = None if since is None else now + since * DAY
    assert (found.state, found.reason, found.since) == (state, reason, moment)


@pytest.mark.parametrize(("kind", "days", "state", "reason", "since"), LIVES)
def test_list_says_what_the_status_says(
    register: Register,
    ids: Ids,
    now: datetime,
    kind: CaKind,
    days: float,
    state: CertificateState,
    reason: Reason | None,
    since: int | None,
) -> None:
    listed = [
        (entry.serial, entry.reason, entry.revoked_at) for entry in register.crl_entries(kind, at=now + days * DAY)
    ]
    assert listed == ([] if since is None else [(ids[kind].serial, reason, now + since * DAY)])


def test_held_again_after_a_release_counts_anew(register: Register, ids: Ids, now: datetime) -> None:
    with register.transaction(now=now + 30 * DAY) as unit:
        unit.revoke([ids[CaKind.AUTH]], Reason.CERTIFICATE_HOLD)
    assert register.status(ids[CaKind.AUTH], at=now + 31 * DAY).since == now + 30 * DAY


def test_two_changes_in_one_second(stock: Stock, now: datetime) -> None:
    """Held and revoked at once: the last one stands, and no list has it twice."""
    id_ = stock.issue("hanako")[CaKind.SIGN]
    with stock.register.transaction(now=now) as unit:
        unit.revoke([id_], Reason.CERTIFICATE_HOLD)
        unit.revoke([id_], Reason.KEY_COMPROMISE)
    assert stock.register.status(id_, at=now).reason is Reason.KEY_COMPROMISE
    assert [entry.reason for entry in stock.register.crl_entries(CaKind.SIGN, at=now)] == [Reason.KEY_COMPROMISE]


def test_past_that_is_told_later(stock: Stock, now: datetime) -> None:
    """An entry may lie before the clock's time; what is asked of the time in between knows it."""
    id_ = stock.issue("hanako")[CaKind.SIGN]
    with stock.register.transaction(now=now + 100 * DAY) as unit:
        unit.revoke([id_], Reason.SUPERSEDED, at=now + 3 * DAY)
    assert stock.register.status(id_, at=now + 3 * DAY).state is REVOKED


@pytest.fixture
def issued(stock: Stock, make_holder: Callable[..., Holder]) -> list[int]:
    """Ten people in two municipalities, every other certificate by a second generation; all signing ones revoked."""
    stock.add_authority(CaKind.SIGN, generation=2)
    stock.add_authority(CaKind.AUTH, generation=2)
    ids = []
    for number in range(10):
        name = "Betsuno-shi" if number < 4 else "Mihon-shi"
        holder = make_holder(municipality_romaji=name)
        with stock.register.transaction(now=stock.now, serials=BOTH) as unit:
            unit.register_person(f"p{number}", holder)
            made = stock.enter_card(unit, f"p{number}", holder=holder, generation=1 + number % 2)
            ids.append(made[CaKind.SIGN])
    for id_ in reversed(ids):
        with stock.register.transaction(now=stock.now) as unit:
            unit.revoke([id_], Reason.SUPERSEDED)
    return [id_.serial for id_ in ids]


@pytest.mark.parametrize(
    ("generation", "municipality", "expected"),
    [
        pytest.param(None, None, range(10), id="full"),
        pytest.param(1, None, range(0, 10, 2), id="first-generation"),
        pytest.param(2, None, range(1, 10, 2), id="second-generation"),
        pytest.param(None, "Betsuno-shi", range(4), id="partition"),
        pytest.param(2, "Betsuno-shi", (1, 3), id="partition-of-a-generation"),
        pytest.param(2, "Nai-shi", (), id="partition-without-anybody"),
    ],
)
def test_list_of_a_generation_and_a_partition(
    register: Register,
    issued: list[int],
    now: datetime,
    generation: int | None,
    municipality: str | None,
    expected: range,
) -> None:
    entries = register.crl_entries(
        CaKind.SIGN,
        at=now,
        key_id=None if generation is None else key_id(CaKind.SIGN, generation),
        point=None if municipality is None else CrlPoint("Mihon-ken", municipality),
    )
    assert [entry.serial for entry in entries] == [issued[number] for number in expected]


def test_list_of_no_ca(register: Register, issued: list[int], now: datetime) -> None:
    with pytest.raises(UnknownEntryError, match="no sign CA with the key identifier"):
        next(register.crl_entries(CaKind.SIGN, at=now, key_id=b"nobody's key"))


@pytest.mark.parametrize(("generation", "count"), [(None, 2), (1, 2), (2, 2)])
def test_points(register: Register, issued: list[int], generation: int | None, count: int) -> None:
    key = None if generation is None else key_id(CaKind.AUTH, generation)
    found = register.points(CaKind.AUTH, key_id=key)
    assert [str(point) for point in found] == ["Mihon-ken/Betsuno-shi", "Mihon-ken/Mihon-shi"][:count]


def test_statuses_of_many(register: Register, issued: list[int], now: datetime) -> None:
    """More than one statement takes; who is not there is not in the answer."""
    asked = [CertificateId(CaKind.SIGN, number) for number in range(1, 1500)]
    found = register.statuses(asked, at=now)
    assert sorted(id_.serial for id_ in found) == issued
    assert {status.state for status in found.values()} == {REVOKED}


def test_certificate(stock: Stock, now: datetime) -> None:
    id_ = stock.issue("hanako")[CaKind.SIGN]
    found = stock.register.certificate(id_)
    assert (found.id, found.person_id, found.card, found.key_id) == (id_, "hanako", "hanako-card", key_id(id_.kind))
    assert (found.at, found.not_before, found.not_after) == (now, now, now + 1825 * DAY)
    assert "certificate_der" not in repr(found)


@pytest.mark.parametrize(
    ("filters", "owners"),
    [
        pytest.param({}, ["hanako", "hanako", "taro", "taro"], id="all"),
        pytest.param({"kind": CaKind.SIGN}, ["hanako", "taro"], id="of-a-ca"),
        pytest.param({"person_id": "taro"}, ["taro", "taro"], id="of-a-person"),
        pytest.param({"card": "hanako-card", "kind": CaKind.AUTH}, ["hanako"], id="of-a-card"),
        pytest.param({"card_id": 99}, [], id="none"),
    ],
)
def test_certificates(stock: Stock, filters: dict[str, object], owners: list[str]) -> None:
    for name in ("hanako", "taro"):
        stock.issue(name)
    found = stock.register.certificates(**filters)  # type: ignore[arg-type]
    assert [one.person_id for one in found] == owners


# A verifier may ask about any number of up to 20 octets (RFC 5280 clause 4.1.2.2).
@pytest.mark.parametrize("serial", [7, 0, -1, 2**63 - 1, 2**63, 2**159], ids=hex)
@pytest.mark.parametrize("ask", ["certificate", "status", "timeline"])
def test_no_certificate(register: Register, now: datetime, ask: str, serial: int) -> None:
    id_ = CertificateId(CaKind.SIGN, serial)
    questions = {
        "certificate": lambda: register.certificate(id_),
        "status": lambda: register.status(id_, at=now),
        "timeline": lambda: register.timeline(certificate=id_),
    }
    with pytest.raises(UnknownEntryError, match=f"has no sign certificate {serial}"):
        questions[ask]()


@pytest.mark.parametrize("serial", [7, 2**159], ids=hex)
def test_links_of_no_certificate(register: Register, now: datetime, serial: int) -> None:
    assert not register.links(CertificateId(CaKind.SIGN, serial), at=now)


def test_authorities_by_key(stock: Stock) -> None:
    second = stock.add_authority(CaKind.SIGN, generation=2)
    assert stock.register.authority(CaKind.SIGN, second.key_id) == second
    assert [one.generation for one in stock.register.authorities(CaKind.SIGN)] == [1, 2]
    assert len(stock.register.authorities()) == 3


def test_changes_count_what_verifiers_may_hear(stock: Stock, now: datetime) -> None:
    before = stock.register.changes
    ids = stock.issue("hanako")
    assert stock.register.changes == before + 2
    with stock.register.transaction(now=now) as unit:
        unit.revoke(ids.values(), Reason.CERTIFICATE_HOLD)
    assert stock.register.changes == before + 4


@pytest.fixture
def linked(stock: Stock) -> dict[str, CertificateId]:
    """A pair of a card, its successor a year later, and a smartphone's."""
    first = stock.issue("hanako")
    with stock.register.transaction(now=stock.now + 365 * DAY, serials=BOTH) as unit:
        second = stock.enter_card(unit, "hanako")
        unit.link(Link.SUCCESSOR, first[CaKind.SIGN], second[CaKind.SIGN])
    return {"first": first[CaKind.SIGN], "first-auth": first[CaKind.AUTH], "second": second[CaKind.SIGN]}


@pytest.mark.parametrize(
    ("of", "days", "link", "expected"),
    [
        pytest.param("first", 0, None, [(Link.PAIR, "first", "first-auth")], id="pair"),
        pytest.param("first-auth", 0, None, [(Link.PAIR, "first", "first-auth")], id="pair-from-the-other-side"),
        pytest.param("first", -1, None, [], id="before"),
        pytest.param("first", 364, Link.SUCCESSOR, [], id="before-the-renewal"),
        pytest.param("first", 365, Link.SUCCESSOR, [(Link.SUCCESSOR, "first", "second")], id="old-to-new"),
        pytest.param("second", 365, Link.SUCCESSOR, [(Link.SUCCESSOR, "first", "second")], id="new-to-old"),
        pytest.param("first", 365, Link.SMARTPHONE, [], id="no-smartphone"),
    ],
)
def test_links(
    register: Register,
    linked: dict[str, CertificateId],
    now: datetime,
    of: str,
    days: int,
    link: Link | None,
    expected: list[tuple[Link, str, str]],
) -> None:
    found = register.links(linked[of], at=now + days * DAY, link=link)
    assert [(one.link, one.source, one.target) for one in found] == [
        (kind, linked[source], linked[target]) for kind, source, target in expected
    ]
