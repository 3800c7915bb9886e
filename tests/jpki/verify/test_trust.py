"""Trust anchors: only roots of the named CA, found by key."""

from __future__ import annotations

from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.profiles import TEST, Hierarchy
from jpki.verify.errors import TrustAnchorError
from jpki.verify.trust import TrustAnchor, TrustStore


@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_a_root_becomes_an_anchor(bench: Any, kind: CaKind) -> None:
    authority = bench.authorities[kind]
    anchor = bench.anchor(authority)
    assert (anchor.kind, anchor.key_id, anchor.serial) == (kind, authority.key_id, authority.serial)


def test_a_root_of_the_other_ca_is_refused(bench: Any) -> None:
    with pytest.raises(TrustAnchorError, match="not the root of the sign CA"):
        TrustAnchor.load(CaKind.SIGN, TEST, bench.authorities[CaKind.AUTH].certificate_der)


def test_a_root_of_another_hierarchy_is_refused(bench: Any, production: Hierarchy) -> None:
    with pytest.raises(TrustAnchorError, match="production-shaped"):
        TrustAnchor.load(CaKind.SIGN, production, bench.authorities[CaKind.SIGN].certificate_der)


def test_an_end_entity_certificate_is_no_anchor(bench: Any) -> None:
    with pytest.raises(TrustAnchorError, match="no root"):
        TrustAnchor.load(CaKind.AUTH, TEST, bench.issue(CaKind.AUTH))


def test_garbage_is_no_anchor() -> None:
    with pytest.raises(TrustAnchorError, match="no CA certificate"):
        TrustAnchor.load(CaKind.AUTH, TEST, b"garbage")


def test_a_root_that_its_own_key_did_not_sign_is_refused(bench: Any) -> None:
    der = bytearray(bench.authorities[CaKind.AUTH].certificate_der)
    der[-1] ^= 1
    with pytest.raises(TrustAnchorError, match="not signed by its own key"):
        TrustAnchor.load(CaKind.AUTH, TEST, bytes(der))


def test_anchors_are_found_by_key(bench: Any) -> None:
    authorities = (*bench.authorities.values(), *bench.next_generation.values())
    store = bench.trust(*authorities)
    assert len(store) == 4
    assert [store.find(authority.key_id).serial for authority in authorities] == [1, 1, 1001, 1001]


def test_an_unknown_key_finds_nothing(bench: Any) -> None:
    assert bench.trust().find(bytes(20)) is None


def test_the_same_root_twice_is_one_anchor(bench: Any) -> None:
    authority = bench.authorities[CaKind.AUTH]
    assert len(bench.trust(authority, authority)) == 1


def test_two_roots_with_one_key_are_refused(bench: Any, make_authority: Any) -> None:
    first = bench.authorities[CaKind.AUTH]
    second = type(first).create_root(CaKind.AUTH, hierarchy=TEST, signer=first.signer, serial=99, now=first.not_before)
    with pytest.raises(TrustAnchorError, match="same key"):
        TrustStore(map(bench.anchor, (first, second)))
