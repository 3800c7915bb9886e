"""Requests: strict, bounded, and the same for independent readers and writers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import ocsp as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki import der, oids
from jpki.ca import encoding
from jpki.kinds import CaKind
from jpki.ocsp.errors import MalformedRequestError
from jpki.ocsp.request import (
    MAX_CERTIFICATES,
    MAX_REQUEST_SIZE,
    decode_get_path,
    decode_request,
    encode_get_path,
    encode_request,
)
from jpki.ocsp.response import ResponseStatus
from tests.jpki.ocsp.desk import ALGORITHMS, NOW, Desk, certificate_of

NONCE = b"n" * 32
UNKNOWN = "1.3.6.1.4.1.99999.1"


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()], ids=lambda each: each.name)
@pytest.mark.parametrize("nonce", [None, NONCE], ids=["plain", "nonce"])
def test_byte_for_byte_as_another_library_writes_it(
    desk: Desk, issue: Callable[..., bytes], algorithm: Any, nonce: bytes | None
) -> None:
    leaf = x509.load_der_x509_certificate(issue(CaKind.AUTH))
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, certificate_of(desk.authorities[CaKind.AUTH]), algorithm)
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    theirs = asn1.OCSPRequest.load(builder.build().public_bytes(Encoding.DER))
    ours = asn1.OCSPRequest.load(desk.request(leaf.serial_number, nonce=nonce, algorithm=ALGORITHMS[algorithm.name]))
    assert ours.native == theirs.native


def test_what_another_library_reads(desk: Desk) -> None:
    read = ocsp.load_der_ocsp_request(desk.request(77, nonce=NONCE, algorithm=oids.SHA256))
    assert (read.serial_number, read.hash_algorithm.name) == (77, "sha256")
    assert read.issuer_key_hash == desk.cert_id(77, algorithm=oids.SHA256).issuer[2]
    assert read.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce[-32:] == NONCE


def test_round_trip(desk: Desk) -> None:
    request = decode_request(desk.request(7, 8, nonce=NONCE))
    assert [cert_id.serial for cert_id in request.cert_ids] == [7, 8]
    assert (request.nonce, request.is_signed) == (NONCE, False)
    assert encode_request(request.cert_ids, nonce=request.nonce) == desk.request(7, 8, nonce=NONCE)


def tbs(*parts: bytes) -> bytes:
    return der.sequence(der.sequence(*parts))


def entries(desk: Desk, count: int = 1, extensions: bytes = b"") -> bytes:
    return der.sequence(*(der.sequence(desk.cert_id(7 + number).raw, extensions) for number in range(count)))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return encoding.extension(oid, value, critical=critical)


def listed(number: int, *extensions: bytes) -> bytes:
    return der.explicit(number, der.sequence(*extensions))


NAME = der.explicit(1, der.explicit(4, der.sequence()))  # requestorName: a directoryName without anything
UNSIGNED_BITS = der.bit_string(b"signature")
ALGORITHM = der.sequence(der.oid(oids.SHA256_WITH_RSA), der.null())


def signed(desk: Desk, *parts: bytes) -> bytes:
    return der.sequence(der.sequence(NAME, entries(desk)), der.explicit(0, der.sequence(ALGORITHM, *parts)))


ACCEPTED: dict[str, Callable[[Desk], bytes]] = {
    "requestor-name": lambda desk: tbs(NAME, entries(desk)),
    "unknown-extension": lambda desk: tbs(entries(desk), listed(2, extension(UNKNOWN, b""))),
    "unknown-single-extension": lambda desk: tbs(entries(desk, extensions=listed(0, extension(UNKNOWN, b"")))),
    "preferred-algorithms-before-the-nonce": lambda desk: tbs(
        entries(desk),
        listed(
            2, extension("1.3.6.1.5.5.7.48.1.8", der.sequence()), extension(oids.OCSP_NONCE, der.octet_string(b"n"))
        ),
    ),
    "critical-nonce": lambda desk: tbs(
        entries(desk), listed(2, extension(oids.OCSP_NONCE, der.octet_string(b"n"), critical=True))
    ),
    "signed": lambda desk: signed(desk, UNSIGNED_BITS),
    "signed-with-a-certificate": lambda desk: signed(
        desk, UNSIGNED_BITS, der.explicit(0, der.sequence(desk.authorities[CaKind.AUTH].certificate_der))
    ),
    "as-many-as-allowed": lambda desk: tbs(entries(desk, MAX_CERTIFICATES)),
    "without-parameters": lambda desk: _without_parameters(desk),
}


def _without_parameters(desk: Desk) -> bytes:
    return tbs(der.sequence(der.sequence(_cert_id(desk, b""))))


def _cert_id(desk: Desk, parameters: bytes, more: bytes = b"") -> bytes:
    _, name, key = desk.cert_id().issuer
    algorithm = der.sequence(der.oid(oids.SHA1), parameters)
    return der.sequence(algorithm, der.octet_string(name), der.octet_string(key), der.integer(7), more)


REFUSED: dict[str, tuple[Callable[[Desk], bytes], str]] = {
    "nothing": (lambda desk: b"", "missing or cut"),
    "empty": (lambda desk: der.sequence(), "missing or cut"),
    "no-certificates": (lambda desk: tbs(der.sequence()), "no certificate"),
    "one-too-many": (lambda desk: tbs(entries(desk, MAX_CERTIFICATES + 1)), "more than 64"),
    "too-large": (lambda desk: desk.request() + bytes(MAX_REQUEST_SIZE), "are read"),
    "trailing-byte": (lambda desk: desk.request() + b"\x00", "1 bytes follow"),
    "version-written": (lambda desk: tbs(der.explicit(0, der.integer(0)), entries(desk)), "version 1"),
    "version-2": (lambda desk: tbs(der.explicit(0, der.integer(1)), entries(desk)), "version 1"),
    "two-requestor-names": (lambda desk: tbs(der.explicit(1, b"\x04\x00\x04\x00"), entries(desk)), "bytes follow"),
    "empty-extensions": (lambda desk: tbs(entries(desk), listed(2)), "are empty"),
    "extension-twice": (
        lambda desk: tbs(entries(desk), listed(2, *[extension(UNKNOWN, b"")] * 2)),
        "stands there twice",
    ),
    "critical-extension": (
        lambda desk: tbs(entries(desk), listed(2, extension(UNKNOWN, b"", critical=True))),
        "critical extension",
    ),
    "critical-single-extension": (
        lambda desk: tbs(entries(desk, extensions=listed(0, extension(UNKNOWN, b"", critical=True)))),
        "critical extension",
    ),
    "nonce-of-0-octets": (lambda desk: desk.request(nonce=b""), "1 to 128 octets, not 0"),
    "nonce-of-129-octets": (lambda desk: desk.request(nonce=bytes(129)), "1 to 128 octets, not 129"),
    "nonce-unwrapped": (
        lambda desk: tbs(entries(desk), listed(2, extension(oids.OCSP_NONCE, b"nonce"))),
        "does not belong",
    ),
    "negative-length": (lambda desk: b"\x30\x84\xff\xff\xff\xff", "longer than"),
    "indefinite-length": (lambda desk: b"\x30\x80" + desk.request()[2:] + b"\x00\x00", "shortest definite form"),
    "signature-without-bits": (lambda desk: signed(desk), "missing or cut"),
    "signature-with-more": (lambda desk: signed(desk, UNSIGNED_BITS, der.null()), "bytes follow"),
    "certificate-that-is-none": (
        lambda desk: signed(desk, UNSIGNED_BITS, der.explicit(0, der.sequence(der.null()))),
        "does not belong",
    ),
    "entry-with-more": (lambda desk: tbs(der.sequence(der.sequence(desk.cert_id().raw, der.null()))), "bytes follow"),
    "cert-id-with-more": (
        lambda desk: tbs(der.sequence(der.sequence(_cert_id(desk, der.null(), der.null())))),
        "bytes follow",
    ),
    "hash-with-other-parameters": (
        lambda desk: tbs(der.sequence(der.sequence(_cert_id(desk, der.integer(1))))),
        "bytes follow",
    ),
    "request-with-more": (lambda desk: tbs(entries(desk), der.null()), "bytes follow"),
    "deeply-nested": (lambda desk: _nested(4_000), "does not belong|longer than|missing or cut"),
}


def _nested(depth: int) -> bytes:
    raw = b""
    while len(raw) < MAX_REQUEST_SIZE - 10 and depth:
        raw, depth = der.sequence(raw), depth - 1
    return raw


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(desk: Desk, case: Callable[[Desk], bytes]) -> None:
    raw = case(desk)
    assert decode_request(raw).cert_ids[0].serial == 7
    assert desk.responder().answer(raw, at=NOW).status is ResponseStatus.SUCCESSFUL


@pytest.mark.parametrize(("case", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(desk: Desk, case: Callable[[Desk], bytes], why: str) -> None:
    raw = case(desk)
    with pytest.raises(MalformedRequestError, match=why):
        decode_request(raw)
    assert desk.responder().answer(raw, at=NOW).der.hex() == "30030a0101"


def test_signed_requests_satisfy_a_responder_that_wants_them(desk: Desk) -> None:
    raw = signed(desk, UNSIGNED_BITS)
    assert desk.responder(signature_required=True).answer(raw, at=NOW).status is ResponseStatus.SUCCESSFUL


def test_depth_costs_nothing(desk: Desk) -> None:
    """What a request leaves open is one opaque element, however deep it goes."""
    raw = tbs(der.explicit(1, der.explicit(4, _nested(3_000))), entries(desk))
    assert decode_request(raw).cert_ids


def test_every_truncation_is_refused(desk: Desk) -> None:
    raw = desk.request(7, 8, nonce=NONCE)
    responder = desk.responder()
    statuses = {responder.answer(raw[:size], at=NOW).status for size in range(len(raw))}
    assert statuses == {ResponseStatus.MALFORMED_REQUEST}


def test_every_flipped_bit_is_answered(desk: Desk) -> None:
    """Never an exception; never another certificate's status under the asked one's name."""
    raw = desk.request(7, nonce=NONCE)
    responder = desk.responder()
    allowed = {ResponseStatus.MALFORMED_REQUEST, ResponseStatus.UNAUTHORIZED, ResponseStatus.SUCCESSFUL}
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        answer = responder.answer(bytes(flipped), at=NOW)
        assert answer.status in allowed
        if answer.status is ResponseStatus.SUCCESSFUL:
            assert decode_request(bytes(flipped)).cert_ids[0].raw in answer.der


@pytest.fixture(scope="module")
def decoder() -> Callable[[bytes], object]:
    def decode(raw: bytes) -> object:
        try:
            return decode_request(raw)
        except MalformedRequestError as error:
            return error

    return decode


@settings(max_examples=300)
@given(raw=st.binary(max_size=400))
def test_any_bytes_are_decoded_or_malformed(decoder: Callable[[bytes], object], raw: bytes) -> None:
    assert decoder(raw) is not None


def _tree(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    tags = st.sampled_from([0x30, 0x30, 0xA0, 0xA1, 0xA2, 0x04, 0x06, 0x02])
    return st.builds(lambda tag, parts: der.tlv(tag, b"".join(parts)), tags, st.lists(children, max_size=5))


@settings(max_examples=300)
@given(raw=st.recursive(st.binary(max_size=8).map(der.octet_string), _tree, max_leaves=25))
def test_any_der_is_decoded_or_malformed(decoder: Callable[[bytes], object], raw: bytes) -> None:
    assert decoder(raw) is not None


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_get_path_round_trip(desk: Desk, slash: str) -> None:
    for serial in range(200, 260):  # long enough for every character of the alphabet to occur
        raw = desk.request(serial, nonce=bytes((serial & 0xFF,)) * 33)
        path = encode_get_path(raw)
        assert not set("+/=") & set(path)
        assert decode_get_path(slash + path) == raw


def test_get_path_that_was_not_escaped(desk: Desk) -> None:
    """RFC 6960 appendix A.1 escapes; clients forget, and servers may have undone it already."""
    for serial in range(200, 260):
        raw = desk.request(serial, nonce=bytes((serial & 0xFF,)) * 33)
        assert decode_get_path(base64.b64encode(raw).decode()) == raw


@pytest.mark.parametrize(
    "path",
    ["%%%", "MEUw*", "M", "MEUw===MEUw", "日本", "\udcff", "A" * 100_000],
    ids=["percent", "star", "cut", "padding-inside", "japanese", "surrogate", "too-long"],
)
def test_get_path_that_is_none(path: str) -> None:
    with pytest.raises(MalformedRequestError):
        decode_get_path(path)
