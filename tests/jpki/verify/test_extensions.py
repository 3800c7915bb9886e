"""Extensions that were read before say what they say when they are read alone, and nothing passes for them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from cryptography import x509

from jpki import der, oids
from jpki.kinds import CaKind
from jpki.profiles import END_ENTITY_PROFILES, TEST
from jpki.verify import certificate as certificate_module
from jpki.verify import examine as examine_module
from jpki.verify import extensions as module
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.extensions import ExtensionMemory, Extensions, SharedExtensions, read_extensions
from jpki.verify.profile import check_profile
from tests.jpki.verify.conftest import Bench

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
PRIVATE = "1.2.392.200149.8.5.1.0.999"
KEY_ID_HEAD = bytes.fromhex("301D0603551D0E04160414")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> ExtensionMemory:
    """An empty one, which this test's readings use."""
    memory = ExtensionMemory()

    def read(certificate: x509.Certificate, raw: bytes, at: int, end: int) -> Extensions:
        return read_extensions(certificate, raw, at, end, memory=memory)

    monkeypatch.setattr(certificate_module, "read_extensions", read)
    monkeypatch.setattr(examine_module, "MEMORY", memory)
    return memory


def alone(raw: bytes) -> Extensions:
    return {one.oid.dotted_string: one for one in x509.load_der_x509_certificate(raw).extensions}


def read(raw: bytes) -> ReadCertificate:
    found = read_certificate(raw)
    assert isinstance(found, ReadCertificate)
    return found


def with_key(bench: Bench, number: int) -> bytes:
    """The town's certificate of somebody else, whose key differs."""
    parts = bench.parts(AUTH)
    public = bench.keys[number].public_key()
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from jpki.ca.encoding import key_identifier

    parts.key_info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    parts.with_extension(oids.SUBJECT_KEY_IDENTIFIER, der.octet_string(key_identifier(public)))
    return bench.seal(parts)


def test_a_neighbours_certificate_is_read_as_alone(bench: Bench, memory: ExtensionMemory) -> None:
    assert bench.verify(certificate=bench.issue(AUTH)).ok
    assert len(memory) == 1
    for number in (3, 5):
        neighbour = with_key(bench, number)
        extensions = read(neighbour).extensions
        assert isinstance(extensions, SharedExtensions)
        assert memory.find(extensions.block.key) is extensions.block
        assert extensions == alone(neighbour)
        assert list(extensions) == list(alone(neighbour))


def test_only_what_a_trusted_issuer_signed_is_remembered(bench: Bench, memory: ExtensionMemory) -> None:
    forged = bench.seal(bench.parts(), bench.keys[3])
    assert bench.verify(certificate=forged).codes == ("jpki.path.signature-invalid",)
    assert len(memory) == 0


def test_a_holders_own_extensions_are_not_remembered(bench: Bench, memory: ExtensionMemory) -> None:
    read_one = read(bench.issue(SIGN))
    assert not isinstance(read_one.extensions, SharedExtensions)
    memory.remember(read_one.extensions)
    assert len(memory) == 0


def test_another_keys_identifier_is_found_in_a_known_block(bench: Bench, memory: ExtensionMemory) -> None:
    assert bench.verify(certificate=bench.issue(AUTH)).ok
    parts = bench.parts(AUTH)
    parts.with_extension(oids.SUBJECT_KEY_IDENTIFIER, der.octet_string(bytes(20)))
    assert bench.verify(certificate=bench.seal(parts)).codes == ("jpki.profile.subject-key-mismatch",)
    assert len(memory) == 1


def block_of(bench: Bench) -> range:
    raw = bench.issue(AUTH)
    begin = raw.index(bytes.fromhex("A382")) if bytes.fromhex("A382") in raw else raw.index(b"\xa3")
    return range(begin, len(raw) - 256 - 24)


def changed(bench: Bench, at: int) -> bytes:
    """One bit of the block is another, and the CA signed it."""
    raw = bench.issue(AUTH)
    whole = x509.load_der_x509_certificate(raw).tbs_certificate_bytes
    at -= raw.index(whole)
    tbs = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    return der.sequence(tbs, bench.parts().outer_algorithm, der.bit_string(bench.authorities[AUTH].signer.sign(tbs)))


@pytest.mark.parametrize("step", range(24))
def test_every_changed_octet_is_found_as_by_a_verifier_without_memory(
    bench: Bench, memory: ExtensionMemory, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    shown = [changed(bench, at) for at in list(block_of(bench))[step::24]]
    assert bench.verify(certificate=bench.issue(AUTH)).ok
    warm = [[bench.verify(certificate=raw).codes for raw in shown] for _ in range(2)]
    monkeypatch.setattr(certificate_module, "read_extensions", lambda parsed, *_: module._parsed(parsed))
    cold = [bench.verify(certificate=raw).codes for raw in shown]
    assert warm == [cold, cold]


DISGUISED = {
    "before": lambda parts, hidden: {PRIVATE: (hidden, False), **parts.extensions},
    "after": lambda parts, hidden: {**parts.extensions, PRIVATE: (hidden, False)},
    "instead": lambda parts, hidden: {
        **{oid: one for oid, one in parts.extensions.items() if oid != oids.SUBJECT_KEY_IDENTIFIER},
        PRIVATE: (hidden, False),
    },
}


@pytest.mark.parametrize("where", DISGUISED)
def test_octets_that_look_like_the_identifier_are_shared_by_nobody(
    bench: Bench, memory: ExtensionMemory, where: str
) -> None:
    """The 20 octets after them are another extension's, and say something of their own."""

    def disguised(octet: int) -> bytes:
        parts = bench.parts(AUTH)
        hidden = der.octet_string(KEY_ID_HEAD + bytes([octet]) * 20)
        parts.extensions = DISGUISED[where](parts, hidden)
        return bench.seal(parts)

    for octet in (1, 2, 1):
        raw = disguised(octet)
        codes = bench.verify(certificate=raw).codes
        assert ("jpki.profile.extension-unknown" in codes) is True
        assert read(raw).extensions == alone(raw)


def test_an_extension_that_stands_twice_is_refused_though_the_rest_is_known(
    bench: Bench, memory: ExtensionMemory
) -> None:
    assert bench.verify(certificate=bench.issue(AUTH)).ok
    whole = x509.load_der_x509_certificate(bench.issue(AUTH)).extensions
    rows = [(one.oid.dotted_string, one.value.public_bytes(), one.critical) for one in whole]
    from jpki.ca import encoding

    twice = [encoding.extension(oid, value, critical=critical) for oid, value, critical in [*rows, rows[-1]]]
    parts = bench.parts(AUTH)
    known = der.explicit(3, der.sequence(*[encoding.extension(o, v, critical=c) for o, v, c in rows]))
    assert parts.tbs().endswith(known)
    content = parts.tbs()[4 : -len(known)] + der.explicit(3, der.sequence(*twice))
    tbs = der.tlv(0x30, content)
    raw = der.sequence(tbs, parts.outer_algorithm, der.bit_string(bench.authorities[AUTH].signer.sign(tbs)))
    assert bench.verify(certificate=raw).codes == ("jpki.certificate.unreadable",)


def test_an_answer_is_of_its_question(bench: Bench, memory: ExtensionMemory) -> None:
    """One block, compared with two profiles and two policies: each time anew."""
    subject = read(bench.issue(AUTH))
    memory.remember(subject.extensions)
    again = read(bench.issue(AUTH, serial=99))
    policy = TEST.policy(AUTH)
    asked = [(AUTH, policy), (AUTH, "1.2.3"), (SIGN, policy), (AUTH, policy)]
    found = [
        [item.code for item in check_profile(again, END_ENTITY_PROFILES[kind], policy=wanted)] for kind, wanted in asked
    ]
    assert found[0] == found[3] == []
    assert found[1] == ["jpki.purpose.policy"]
    assert "jpki.profile.extension-missing" in found[2]


@pytest.fixture
def blocks(bench: Bench) -> list[Extensions]:
    """Of five towns, so to speak."""
    made = []
    for octet in range(5):
        parts = bench.parts(AUTH).with_extension(PRIVATE, der.octet_string(bytes([octet])))
        made.append(read(bench.seal(parts)).extensions)
    return made


def test_the_oldest_block_goes_first(blocks: list[Any]) -> None:
    memory = ExtensionMemory(limit=3)
    for one in (*blocks, blocks[-1]):
        memory.remember(one)
    assert [memory.find(one.block.key) is one.block for one in blocks] == [False, False, True, True, True]
    assert len(memory) == 3


def test_a_block_keeps_a_few_answers_and_gives_all(blocks: list[Any]) -> None:
    answers = [module.answered(blocks[0], (f"question {number}",), partial(int, number)) for number in range(20)]
    assert answers == list(range(20))
    assert len(blocks[0].block.answers) == module.MAX_FINDINGS


def test_a_block_that_is_too_long_is_not_remembered(bench: Bench, memory: ExtensionMemory) -> None:
    parts = bench.parts(AUTH).with_extension(PRIVATE, der.octet_string(bytes(module.MAX_BLOCK_SIZE)))
    assert not isinstance(read(bench.seal(parts)).extensions, SharedExtensions)
