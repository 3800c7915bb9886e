"""A repository of three CAs whose lists and answers say from when they are: what is served can be told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.names import Name, crl_distribution_point
from jpki.ocsp.responder import OcspAnswer, error_answer
from jpki.ocsp.response import ResponseStatus
from jpki.repository.messages import Request, Response
from jpki.repository.repository import Repository
from jpki.repository.sources import PublishedAuthority, PublishedCrl

AT = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)  # 09:30 in Japan: the list is from 03:00, 18:00Z of the day before
ISSUED = datetime(2026, 3, 31, 18, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
LATER_GENERATION = datetime(2026, 3, 1, tzinfo=UTC)


def point(kind: CaKind, municipality: str = "Sapporo-shi-Minami-ku") -> Name:
    """A distribution point of the lab."""
    return crl_distribution_point("JPKI-TEST", kind, prefecture="Hokkaido", municipality=municipality)


@dataclass
class StubPublications:
    """Lists are sentences instead of DER."""

    everyone: Sequence[PublishedAuthority]
    lifetime: timedelta = timedelta(hours=48)
    municipalities: tuple[str, ...] = ("Sapporo-shi-Minami-ku", "Otaru-shi")

    def authorities(self, *, at: datetime) -> Sequence[PublishedAuthority]:
        return [authority for authority in self.everyone if authority.not_before <= at]

    def distribution_points(self, authority: PublishedAuthority, *, at: datetime) -> Sequence[Name]:
        return [point(authority.kind, municipality) for municipality in self.municipalities]

    def crl(
        self, authority: PublishedAuthority, distribution_point: Name | None, *, issued_at: datetime
    ) -> PublishedCrl | None:
        if distribution_point is not None and distribution_point not in self.distribution_points(
            authority, at=issued_at
        ):
            return None
        what = "full" if distribution_point is None else distribution_point.rdns[-1][1]
        return PublishedCrl(
            der=f"list of {authority.label} {what} {issued_at:%Y-%m-%dT%H:%MZ}".encode(),
            this_update=issued_at,
            next_update=issued_at + self.lifetime,
        )


@dataclass
class StubOcsp:
    """Answers with what it was asked, and the quarter of an hour that its data is of."""

    name: str
    asked: list[bytes] = field(default_factory=list)

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        self.asked.append(request)
        if not request:
            return error_answer(ResponseStatus.MALFORMED_REQUEST, "nothing was asked")
        this_update = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
        return OcspAnswer(
            der=f"{self.name} {request!r} {this_update:%H:%MZ}".encode(),
            status=ResponseStatus.SUCCESSFUL,
            this_update=None if b"nonce" in request else this_update,
            next_update=None if b"nonce" in request else this_update + QUARTER,
        )


@pytest.fixture(scope="session")
def published(make_authority: Callable[..., Authority]) -> list[PublishedAuthority]:
    """The two CAs, and a later generation of the authentication CA."""

    def of(label: str, authority: Authority) -> PublishedAuthority:
        return PublishedAuthority(
            label=label,
            kind=authority.kind,
            name=authority.name,
            key_id=authority.key_id,
            certificate_der=authority.certificate_der,
            not_before=authority.not_before,
            not_after=authority.not_after,
        )

    later = make_authority(CaKind.AUTH, generation=1, now=LATER_GENERATION)
    return [
        of("sign", make_authority(CaKind.SIGN)),
        of("auth", later),
        of("auth-earlier", make_authority(CaKind.AUTH)),
    ]


@pytest.fixture
def publications(published: list[PublishedAuthority]) -> StubPublications:
    """What the three publish."""
    return StubPublications(published)


@pytest.fixture
def responders() -> Mapping[CaKind, StubOcsp]:
    """A responder of each kind."""
    return {kind: StubOcsp(kind.value) for kind in CaKind}


@pytest.fixture
def repository(publications: StubPublications, responders: Mapping[CaKind, StubOcsp]) -> Repository:
    """The repository itself."""
    return Repository(publications, responders)


@pytest.fixture
def ask(repository: Repository) -> Callable[..., Response]:
    """One request to it."""

    def send(path: str, method: str = "GET", *, at: datetime = AT, body: bytes = b"", **headers: str) -> Response:
        fields = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        return repository.handle(Request(method=method, path=path, headers=fields, body=body), at=at)

    return send
