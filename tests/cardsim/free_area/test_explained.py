"""A whole installation and a visit to a gate, as `mynalab explain` tells them."""

from __future__ import annotations

import pytest

from apdu import globalplatform as gp
from apdu.explain import Explainer, Explanation
from apdu.package import SecretKind
from jpki.issuer import keys

SECRET = b"the issuer's secret"


@pytest.fixture
def explained(bench, named, sign) -> list[Explanation]:
    """A domain, its keys, a package, an application, a list, a lock, an authentication, and the PINs set anew."""
    explainer, said, process = Explainer(), [], bench.card.process

    def watched(raw: bytes) -> bytes:
        response = process(raw)
        said.append(explainer.explain(raw, response))
        return response

    bench.card.process = watched
    package = named("library-card")
    bench.new_domain(package.provider)
    bench.install(sign(package), pin=b"8642")
    session = bench.domain(package.provider)
    session.entries(gp.DOMAINS_AND_APPLICATIONS)
    session.set_locked(package.aid, locked=True)
    session.set_locked(package.aid, locked=False)
    key = next(one.reference for one in package.secrets if one.kind is SecretKind.KEY)
    bench.terminal(package, key)
    return said


def test_every_command_has_its_name(explained: list[Explanation]) -> None:
    names = {said.command_name.partition(" [")[0] for said in explained if said.command_name}
    assert names == {
        "SELECT",
        "INITIALIZE UPDATE",
        "EXTERNAL AUTHENTICATE",
        "INSTALL",
        "LOAD",
        "PUT KEY",
        "GET STATUS",
        "SET STATUS",
        "GET CHALLENGE",
    }
    assert {said.sw for said in explained} == {"9000"}


def test_no_key_and_no_pin_is_told(explained: list[Explanation], bench, named) -> None:
    package = named("library-card")
    told = "\n".join(said.sentence for said in explained).upper()
    private = [b"8642", *(bench.key(package, one.reference) for one in package.secrets)]
    private += [key for domain in (package.provider,) for key in _parts(keys.static_keys(SECRET, "card", domain))]
    assert [value for value in private if value.hex().upper() in told or value.decode("latin-1") in told] == []


def _parts(static) -> list[bytes]:
    return [static.enc, static.mac, static.dek]
