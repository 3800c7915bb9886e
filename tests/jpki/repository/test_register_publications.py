"""What is published of a register: whose, from when, and the same bytes for the same question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.names import crl_distribution_point
from jpki.reasons import RevocationReason
from jpki.registry.interfaces import Register
from jpki.registry.opening import create_register
from jpki.registry.records import CrlPoint
from jpki.repository.names import to_text
from jpki.repository.register_publications import RegisterPublications
from jpki.repository.schedule import crl_moment
from tests.jpki.registry.town import PERSON, Town, bring_into, found

AT = datetime(2026, 8, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def label(authority: Authority) -> str:
    return f"{authority.kind.value}-{authority.not_before:%Y}"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A person with a card in use, whose signing certificate is revoked a day before."""
    with create_register(tmp_path / "register.db") as register:
        here = found(register)
        bring_into(here, "in-use")
        sign = [each.id for each in register.certificates(person_id=PERSON, kind=CaKind.SIGN)]
        with register.transaction(now=AT - DAY) as unit:
            unit.revoke(sign, RevocationReason.AFFILIATION_CHANGED)
        yield here


@pytest.fixture
def publish(town: Town) -> Callable[..., RegisterPublications]:
    """Its publications."""
    cas = [authority for kind in CaKind for authority in town.cas[kind]]
    return lambda **options: RegisterPublications(town.register, lambda: cas, label_of=label, **options)


@pytest.mark.parametrize(
    ("at", "labels"),
    [
        (datetime(2024, 12, 31, tzinfo=UTC), []),
        (AT, ["sign-2025", "auth-2025"]),
        (datetime(2030, 1, 1, tzinfo=UTC), ["sign-2029", "sign-2025", "auth-2029", "auth-2025"]),
        (
            datetime(2036, 1, 1, tzinfo=UTC),
            ["sign-2033", "sign-2029", "sign-2025", "auth-2033", "auth-2029", "auth-2025"],
        ),
    ],
)
def test_generations_that_have_begun_newest_first(
    publish: Callable[..., RegisterPublications], at: datetime, labels: list[str]
) -> None:
    assert [authority.label for authority in publish().authorities(at=at)] == labels


def test_partitions_are_those_that_certificates_name(publish: Callable[..., RegisterPublications]) -> None:
    publications = publish()
    names = {
        authority.label: [to_text(name) for name in publications.distribution_points(authority, at=AT)]
        for authority in publications.authorities(at=datetime(2030, 1, 1, tzinfo=UTC))
    }
    assert names["auth-2029"] == []
    assert [name.split(",")[:2] for name in names["auth-2025"]] == [["CN=Mihon-shi CRLDP", "OU=Mihon-ken"]]


@pytest.mark.parametrize("partition", [False, True], ids=["full", "partition"])
@pytest.mark.parametrize(("days", "count"), [(-2, 0), (-1, 0), (1, 1)])
def test_list_is_of_its_moment(
    publish: Callable[..., RegisterPublications], partition: bool, days: int, count: int
) -> None:
    publications = publish()
    sign = publications.authorities(at=AT)[0]
    name = publications.distribution_points(sign, at=AT)[0] if partition else None
    moment = crl_moment(AT + days * DAY)
    crl = publications.crl(sign, name, issued_at=moment)
    assert crl is not None
    parsed = x509.load_der_x509_crl(crl.der)
    assert (len(parsed), parsed.last_update_utc) == (count, moment)
    assert parsed.is_signature_valid(x509.load_der_x509_certificate(sign.certificate_der).public_key())  # type: ignore[arg-type]


def test_partition_that_no_certificate_names_is_none(publish: Callable[..., RegisterPublications]) -> None:
    publications = publish()
    name = crl_distribution_point("JPKI-TEST", CaKind.SIGN, prefecture="Mihon-ken", municipality="Atlantis")
    assert publications.crl(publications.authorities(at=AT)[0], name, issued_at=AT) is None


class Spy:
    """Everything of a register, and what is asked for a list."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.asked: list[dict[str, Any]] = []

    def crl_entries(self, kind: CaKind, **narrowed: Any) -> Iterator[CrlEntry]:
        self.asked.append({"kind": kind, **narrowed})
        return self.register.crl_entries(kind, **narrowed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.register, name)


def test_list_is_narrowed_to_its_generation_and_partition(town: Town) -> None:
    spy: Any = Spy(town.register)
    publications = RegisterPublications(spy, lambda: list(town.cas[CaKind.AUTH]), label_of=label)
    auth = publications.authorities(at=AT)[0]
    point = publications.distribution_points(auth, at=AT)[0]
    publications.crl(auth, None, issued_at=AT)
    publications.crl(auth, point, issued_at=AT)
    common = {"kind": CaKind.AUTH, "at": AT, "key_id": auth.key_id}
    assert spy.asked == [{**common, "point": None}, {**common, "point": CrlPoint("Mihon-ken", "Mihon-shi")}]


def test_list_is_kept_and_the_same_when_made_again(publish: Callable[..., RegisterPublications]) -> None:
    publications = publish(bytes_kept=1)
    sign, auth = publications.authorities(at=AT)
    first = publications.crl(sign, None, issued_at=AT)
    assert publications.crl(sign, None, issued_at=AT) is first
    publications.crl(auth, None, issued_at=AT)
    again = publications.crl(sign, None, issued_at=AT)
    assert again is not first
    assert again == first


def test_change_that_belongs_before_is_seen(publish: Callable[..., RegisterPublications], town: Town) -> None:
    publications = publish()
    auth = publications.authorities(at=AT)[1]
    before = publications.crl(auth, None, issued_at=AT)
    with town.register.transaction(now=AT) as unit:
        unit.revoke(
            [each.id for each in town.register.certificates(person_id=PERSON, kind=CaKind.AUTH)],
            RevocationReason.CERTIFICATE_HOLD,
            at=AT - DAY,
        )
    after = publications.crl(auth, None, issued_at=AT)
    assert before is not None
    assert after is not None
    assert [len(x509.load_der_x509_crl(each.der)) for each in (before, after)] == [0, 1]
