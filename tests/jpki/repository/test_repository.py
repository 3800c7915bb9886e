"""The repository: what stands at each address, when, and what caches and clients are told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

from jpki.kinds import CaKind
from jpki.names import Name, crl_distribution_point
from jpki.repository.messages import Request, Response, http_date
from jpki.repository.names import to_segment
from jpki.repository.repository import MAX_BODY_BYTES, Repository
from jpki.repository.sources import PublishedAuthority

Ask = Callable[..., Response]
AT = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
ISSUED = datetime(2026, 3, 31, 18, tzinfo=UTC)
LATER_GENERATION = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OCSP = "application/ocsp-request"
REQUEST = b"0\x40 a request \xff\xfe"
PATH = quote(base64.b64encode(REQUEST).decode(), safe="")


def point(kind: CaKind, municipality: str = "Sapporo-shi-Minami-ku") -> Name:
    return crl_distribution_point("JPKI-TEST", kind, prefecture="Hokkaido", municipality=municipality)


def directives(response: Response) -> set[str]:
    return set((response.header("Cache-Control") or "").split(", "))


# --- what stands where


def test_certificate_in_der(ask: Ask, published: list[PublishedAuthority]) -> None:
    response = ask("/ca/sign.cer")
    assert (response.status, response.header("Content-Type")) == (200, "application/pkix-cert")
    assert response.body == published[0].certificate_der


def test_certificate_in_pem(ask: Ask, published: list[PublishedAuthority]) -> None:
    response = ask("/ca/auth-earlier.pem")
    assert response.header("Content-Type") == "application/pem-certificate-chain"
    assert x509.load_pem_x509_certificate(response.body) == x509.load_der_x509_certificate(published[2].certificate_der)


def test_bundle_of_all_generations(ask: Ask) -> None:
    response = ask("/ca/auth.p7c")
    assert response.header("Content-Type") == "application/pkcs7-mime; smime-type=certs-only"
    assert len(pkcs7.load_der_pkcs7_certificates(response.body)) == 2


def test_bundle_before_the_rollover(ask: Ask) -> None:
    assert len(pkcs7.load_der_pkcs7_certificates(ask("/ca/auth.p7c", at=LATER_GENERATION - DAY).body)) == 1


@pytest.mark.parametrize("label", ["sign", "auth", "auth-earlier"])
def test_full_list_of_each_generation(ask: Ask, label: str) -> None:
    response = ask(f"/crl/{label}.crl")
    assert (response.status, response.header("Content-Type")) == (200, "application/pkix-crl")
    assert response.body == f"list of {label} full 2026-03-31T18:00Z".encode()


@pytest.mark.parametrize("spell", [bytes.hex, lambda key_id: key_id.hex().upper()], ids=["lower", "upper"])
def test_certificate_alone_leads_to_its_list(
    ask: Ask, published: list[PublishedAuthority], spell: Callable[[bytes], str]
) -> None:
    path = f"/crl/{spell(published[2].key_id)}/{to_segment(point(CaKind.AUTH, 'Otaru-shi'))}"
    assert ask(path).body == b"list of auth-earlier Otaru-shi CRLDP 2026-03-31T18:00Z"


def test_name_may_be_encoded_to_the_last_letter(ask: Ask) -> None:
    encoded = "".join(f"%{octet:02x}" for octet in to_segment(point(CaKind.SIGN)).replace("%20", " ").encode())
    assert ask(f"/crl/sign/{encoded}").body == b"list of sign Sapporo-shi-Minami-ku CRLDP 2026-03-31T18:00Z"


def test_entry_of_the_ca_has_the_full_list(ask: Ask, published: list[PublishedAuthority]) -> None:
    assert ask(f"/crl/sign/{to_segment(published[0].name)}").body == ask("/crl/sign.crl").body


def test_every_partition_that_is_named_is_there(ask: Ask) -> None:
    index = json.loads(ask("/crl/auth/").body)
    assert [ask(each["crl"]).status for each in index["partitions"]] == [200, 200]
    assert index["partitions"][0]["name"].startswith("CN=Sapporo-shi-Minami-ku CRLDP,OU=Hokkaido")


def test_everything_that_the_index_names_is_there(ask: Ask) -> None:
    index = json.loads(ask("/").body)
    paths = [each[field] for each in index["authorities"] for field in ("certificate", "crl", "partitions")]
    assert [ask(path).status for path in [*paths, *index["bundles"], *index["ocsp"]]] == [200] * 13
    assert index["next_crl"] == "2026-04-01T18:00:00Z"


# --- when


@pytest.mark.parametrize(
    ("at", "issued"),
    [
        (ISSUED - timedelta(seconds=1), "2026-03-30T18:00Z"),
        (ISSUED, "2026-03-31T18:00Z"),
        (ISSUED + DAY - timedelta(seconds=1), "2026-03-31T18:00Z"),
        (ISSUED + DAY, "2026-04-01T18:00Z"),
    ],
)
def test_list_is_the_one_that_was_issued_last(ask: Ask, at: datetime, issued: str) -> None:
    assert ask("/crl/sign.crl", at=at).body == f"list of sign full {issued}".encode()


def test_hour_of_issue_is_a_choice(publications: Any) -> None:
    repository = Repository(publications, {}, crl_hour_jst=9)
    response = repository.handle(Request(method="GET", path="/crl/sign.crl"), at=AT)
    assert response.body == b"list of sign full 2026-04-01T00:00Z"


def test_new_ca_issues_its_first_list_at_once(ask: Ask) -> None:
    response = ask("/crl/auth.crl", at=LATER_GENERATION + timedelta(hours=1))
    assert response.body == b"list of auth full 2026-03-01T00:00Z"


def test_ca_is_not_there_before_it_is(ask: Ask) -> None:
    assert ask("/crl/auth.crl", at=LATER_GENERATION - DAY).status == 404


# --- caches


def test_list_is_fresh_until_the_next_one(ask: Ask) -> None:
    response = ask("/crl/sign.crl")
    left = int((ISSUED + DAY - AT).total_seconds())
    assert directives(response) == {f"max-age={left}", "public", "no-transform", "must-revalidate"}
    assert response.header("Expires") == "Wed, 01 Apr 2026 18:00:00 GMT"
    assert response.header("Last-Modified") == "Tue, 31 Mar 2026 18:00:00 GMT"
    assert response.header("Date") == "Wed, 01 Apr 2026 00:30:00 GMT"


def test_list_is_never_fresh_after_its_next_update(ask: Ask, publications: Any) -> None:
    publications.lifetime = timedelta(hours=8)
    response = ask("/crl/sign.crl")
    assert response.header("Expires") == http_date(ISSUED + timedelta(hours=8))
    late = ask("/crl/sign.crl", at=ISSUED + timedelta(hours=9))
    assert "max-age=0" in directives(late)


@pytest.mark.parametrize("path", ["/ca/sign.cer", "/ca/auth.p7c", "/crl/sign.crl", f"/ocsp/auth/{PATH}"])
def test_max_age_and_expires_agree(ask: Ask, path: str) -> None:
    response = ask(path)
    dates = {name: parsedate_to_datetime(response.header(name) or "") for name in ("Date", "Expires")}
    assert f"max-age={int((dates['Expires'] - dates['Date']).total_seconds())}" in directives(response)


def test_tag_changes_with_the_list(ask: Ask) -> None:
    tags = [ask("/crl/sign.crl", at=at).header("ETag") for at in (ISSUED, AT, ISSUED + DAY)]
    assert tags[0] == tags[1] != tags[2]
    assert tags[0] is not None
    assert tags[0].startswith('"')


CONDITIONS = {
    "same tag": ({"If_None_Match": "{tag}"}, 304),
    "weak form of it": ({"If_None_Match": "W/{tag}"}, 304),
    "among others": ({"If_None_Match": '"x", {tag}'}, 304),
    "any": ({"If_None_Match": "*"}, 304),
    "another tag": ({"If_None_Match": '"x"'}, 200),
    "date of too many digits": ({"If_Modified_Since": f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"}, 200),
    "another tag beats the date": ({"If_None_Match": '"x"', "If_Modified_Since": http_date(AT)}, 200),
    "since then": ({"If_Modified_Since": http_date(ISSUED)}, 304),
    "since later": ({"If_Modified_Since": http_date(AT)}, 304),
    "since a zone unknown": ({"If_Modified_Since": "Tue, 31 Mar 2026 18:00:00 -0000"}, 304),
    "since before": ({"If_Modified_Since": http_date(ISSUED - timedelta(seconds=1))}, 200),
    "no date": ({"If_Modified_Since": "yesterday"}, 200),
    "expected tag": ({"If_Match": "{tag}"}, 200),
    "expected tag is another": ({"If_Match": '"x"'}, 412),
    "weak tag is never expected": ({"If_Match": "W/{tag}"}, 412),
    "unmodified": ({"If_Unmodified_Since": http_date(ISSUED)}, 200),
    "modified": ({"If_Unmodified_Since": http_date(ISSUED - DAY)}, 412),
}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(ask: Ask, name: str, method: str) -> None:
    headers, status = CONDITIONS[name]
    tag = ask("/crl/sign.crl").header("ETag")
    response = ask("/crl/sign.crl", method, **{key: value.format(tag=tag) for key, value in headers.items()})
    assert response.status == status
    if status == 304:
        assert (response.body, response.header("ETag"), response.header("Content-Length")) == (b"", tag, None)
        assert response.header("Expires") is not None


def test_list_of_tomorrow_is_sent_to_who_has_todays(ask: Ask) -> None:
    tag = ask("/crl/sign.crl").header("ETag") or ""
    assert ask("/crl/sign.crl", at=ISSUED + DAY, If_None_Match=tag).status == 200


@pytest.mark.parametrize("path", ["/", "/ca/sign.cer", "/crl/sign.crl", "/crl/sign/", f"/ocsp/auth/{PATH}", "/none"])
def test_head_is_get_without_its_content(ask: Ask, path: str) -> None:
    got, headed = ask(path), ask(path, "HEAD")
    assert (headed.status, headed.headers, headed.body) == (got.status, got.headers, b"")
    assert headed.header("Content-Length") == str(len(got.body))


@pytest.mark.parametrize("path", ["/", "/crl/sign/", "/none"])
def test_what_may_change_at_any_time_is_not_kept(ask: Ask, path: str) -> None:
    assert directives(ask(path)) == {"no-store"}


# --- OCSP


@pytest.mark.parametrize("kind", list(CaKind))
def test_post_reaches_the_responder_of_its_ca(ask: Ask, responders: Mapping[CaKind, Any], kind: CaKind) -> None:
    response = ask(f"/ocsp/{kind.value}", "POST", body=REQUEST, Content_Type=OCSP)
    assert (response.status, response.header("Content-Type")) == (200, "application/ocsp-response")
    assert responders[kind].asked == [REQUEST]
    assert directives(response) == {"no-store"}


@pytest.mark.parametrize("path", ["/ocsp/auth/", "/"])
@pytest.mark.parametrize("encode", [lambda text: quote(text, safe=""), str], ids=["encoded", "bare"])
def test_get_has_the_request_in_its_path(
    ask: Ask, responders: Mapping[CaKind, Any], path: str, encode: Callable[[str], str]
) -> None:
    response = ask(path + encode(base64.b64encode(REQUEST).decode()))
    assert (response.status, response.header("Content-Type")) == (200, "application/ocsp-response")
    assert responders[CaKind.AUTH].asked == [REQUEST]


def test_get_is_kept_until_the_next_update(ask: Ask) -> None:
    response = ask(f"/ocsp/auth/{PATH}", at=AT + timedelta(minutes=4))
    assert "max-age=660" in directives(response)
    assert response.header("Last-Modified") == http_date(AT)
    tag = response.header("ETag") or ""
    assert ask(f"/ocsp/auth/{PATH}", at=AT + timedelta(minutes=14), If_None_Match=tag).status == 304
    assert ask(f"/ocsp/auth/{PATH}", at=AT + timedelta(minutes=15), If_None_Match=tag).status == 200


def test_get_with_a_nonce_is_not_kept(ask: Ask) -> None:
    response = ask(f"/ocsp/auth/{quote(base64.b64encode(b'0 nonce'))}")
    assert directives(response) == {"no-store"}


@pytest.mark.parametrize("rest", ["", "%", "M%3D%3D%3D", "M-_w", "MEUw!", "M%FF"])
def test_get_that_is_no_base64_is_malformed_and_not_kept(ask: Ask, rest: str) -> None:
    response = ask(f"/ocsp/auth/{rest}")
    assert (response.status, response.body) == (200, bytes.fromhex("30030a0101"))
    assert directives(response) == {"no-store"}


def test_post_to_the_root_reaches_the_responder_without_a_path(ask: Ask, responders: Mapping[CaKind, Any]) -> None:
    assert ask("/", "POST", body=REQUEST, Content_Type=OCSP).status == 200
    assert responders[CaKind.AUTH].asked == [REQUEST]


def test_parameters_of_the_type_do_not_matter(ask: Ask) -> None:
    assert ask("/ocsp/sign", "POST", body=REQUEST, Content_Type="Application/OCSP-Request; x=y").status == 200


# --- refusals

REFUSALS: dict[str, tuple[dict[str, Any], int]] = {
    "unknown path": ({"path": "/none"}, 404),
    "unknown ca": ({"path": "/ca/none.cer"}, 404),
    "unknown ca in pem": ({"path": "/ca/none.pem"}, 404),
    "bundle of a generation": ({"path": "/ca/auth-earlier.p7c"}, 404),
    "unknown list": ({"path": "/crl/none.crl"}, 404),
    "partitions of nobody": ({"path": "/crl/none/"}, 404),
    "partition of nobody": ({"path": "/crl/none/CN=a"}, 404),
    "unknown partition": ({"path": f"/crl/sign/{to_segment(point(CaKind.SIGN, 'Atlantis'))}"}, 404),
    "partition of the other ca": ({"path": f"/crl/sign/{to_segment(point(CaKind.AUTH))}"}, 404),
    "name that is none": ({"path": "/crl/sign/Sapporo"}, 404),
    "name not in UTF-8": ({"path": "/crl/sign/CN=%ff"}, 404),
    "unknown responder": ({"path": "/ocsp/none", "method": "POST", "Content_Type": OCSP}, 404),
    "post with a request in the path": ({"path": "/ocsp/auth/MEUw", "method": "POST", "Content_Type": OCSP}, 404),
    "post to a list": ({"path": "/crl/sign.crl", "method": "POST"}, 405),
    "delete": ({"path": "/ca/sign.cer", "method": "DELETE"}, 405),
    "put to a responder": ({"path": "/ocsp/auth", "method": "PUT"}, 405),
    "options": ({"path": "/crl/", "method": "OPTIONS"}, 404),
    "no type": ({"path": "/ocsp/auth", "method": "POST", "body": b"x"}, 415),
    "form": ({"path": "/", "method": "POST", "Content_Type": "application/x-www-form-urlencoded"}, 415),
    "huge body": (
        {"path": "/ocsp/auth", "method": "POST", "Content_Type": OCSP, "body": bytes(MAX_BODY_BYTES + 1)},
        413,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_says_what_is_wrong(ask: Ask, name: str) -> None:
    arguments, status = REFUSALS[name]
    response = ask(**arguments)
    told = json.loads(response.body)
    assert (response.status, told["status"]) == (status, status)
    assert response.header("Content-Type") == "application/problem+json"
    assert told["detail"]


def test_405_names_the_methods(ask: Ask) -> None:
    assert ask("/crl/sign.crl", "POST").header("Allow") == "GET, HEAD"
    assert ask("/ocsp/sign", "PUT").header("Allow") == "GET, HEAD, POST"


def test_body_of_the_longest_is_read(ask: Ask) -> None:
    assert ask("/ocsp/auth", "POST", body=bytes(MAX_BODY_BYTES), Content_Type=OCSP).status == 200
