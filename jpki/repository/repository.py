"""The repository: CA certificates, revocation lists and OCSP at their addresses, at the moment that is passed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from jpki.errors import DerError
from jpki.kinds import CaKind
from jpki.names import Name
from jpki.ocsp.errors import MalformedRequestError
from jpki.ocsp.request import decode_get_path
from jpki.ocsp.responder import Answering
from jpki.pem import to_pem
from jpki.repository import names
from jpki.repository.addresses import INDEX, Address, Area, Form, address_of
from jpki.repository.bundle import certificate_bundle
from jpki.repository.caching import Representation, respond
from jpki.repository.messages import Request, Response, problem
from jpki.repository.schedule import DEFAULT_HOUR_JST, crl_moment, next_crl_moment
from jpki.repository.sources import Publications, PublishedAuthority

MAX_BODY_BYTES: Final = 65_536
"""Choice: an OCSP request for a hundred certificates has about ten thousand."""

CERTIFICATE_MEDIA_TYPE: Final = "application/pkix-cert"  # RFC 2585 clause 4.1
CRL_MEDIA_TYPE: Final = "application/pkix-crl"  # RFC 2585 clause 4.2
PEM_MEDIA_TYPE: Final = "application/pem-certificate-chain"  # RFC 8555 clause 9.1
BUNDLE_MEDIA_TYPE: Final = "application/pkcs7-mime; smime-type=certs-only"  # RFC 8551 clause 3.2.2
OCSP_REQUEST_MEDIA_TYPE: Final = "application/ocsp-request"  # RFC 6960 appendix C.1
OCSP_RESPONSE_MEDIA_TYPE: Final = "application/ocsp-response"  # RFC 6960 appendix C.2
JSON_MEDIA_TYPE: Final = "application/json"

# Choice: a CA certificate never changes, but a new generation joins the bundle; a day is soon enough.
_CERTIFICATES_FRESH: Final = timedelta(days=1)
_READING: Final = ("GET", "HEAD")
_ASKING: Final = (*_READING, "POST")
_HINT: Final = "GET / lists what there is"


class Repository:
    """Answers typed requests. Stateless: the moment and the sources decide, hence any thread may call it."""

    def __init__(
        self,
        publications: Publications,
        ocsp: Mapping[CaKind, Answering],
        *,
        crl_hour_jst: int = DEFAULT_HOUR_JST,
    ) -> None:
        self._publications = publications
        self._ocsp = {kind.value: service for kind, service in ocsp.items()}
        self._hour = crl_hour_jst
        self._forms: Mapping[Form, Callable[[Address, datetime], Representation | None]] = {
            Form.INDEX: lambda _address, at: self._index(at),
            Form.DER: self._certificate,
            Form.PEM: self._pem,
            Form.BUNDLE: self._bundle,
            Form.FULL: self._full_list,
            Form.PARTITIONS: self._partitions,
            Form.PARTITION: self._partition,
        }

    def handle(self, request: Request, *, at: datetime) -> Response:
        """The response at that moment."""
        response = self._handle(request, at)
        # RFC 9110 clause 9.3.2: whatever the outcome, HEAD has no content.
        if request.method == "HEAD" and response.body:
            return Response(status=response.status, headers=response.headers)
        return response

    def known_as(self, ca: str, at: datetime) -> tuple[str, ...]:
        """Every name that a CA has in addresses, whichever of them this is."""
        authority = self._find(ca, at)
        return (ca,) if authority is None else (authority.label, authority.key_id.hex())

    def _handle(self, request: Request, at: datetime) -> Response:
        address = address_of(request.path, method=request.method)
        if address is None:
            return problem(HTTPStatus.NOT_FOUND, "nothing is published at this path", at=at, hint=_HINT)
        allowed = _ASKING if address.area is Area.OCSP or address == INDEX else _READING
        if request.method not in allowed:
            return problem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                f"{request.method} is not for this path",
                at=at,
                headers=(("Allow", ", ".join(allowed)),),
            )
        if len(request.body) > MAX_BODY_BYTES:
            detail = f"a body has at most {MAX_BODY_BYTES} bytes here"
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, at=at)
        if address.area is Area.OCSP:
            return self._answer(request, address, at)
        found = self._forms[address.form](address, at)
        if found is None:
            return problem(HTTPStatus.NOT_FOUND, "no such CA, or no such list of it", at=at, hint=_HINT)
        return respond(request, found, at=at)

    # --- OCSP

    def _answer(self, request: Request, address: Address, at: datetime) -> Response:
        service = self._ocsp.get(address.ca)
        if service is None or (request.method == "POST" and address.rest):
            return problem(HTTPStatus.NOT_FOUND, "there is no responder at this path", at=at, hint=_HINT)
        if request.method == "POST":
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != OCSP_REQUEST_MEDIA_TYPE:
                return problem(
                    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                    f"the body is {media_type or 'of no type'}",
                    at=at,
                    hint=f"Content-Type: {OCSP_REQUEST_MEDIA_TYPE}",
                )
        answer = service.answer(_asked(request, address), at=at)
        # RFC 9111 clause 2: POST is not kept unless it says so; RFC 5019 clause 5 keeps what GET asked for.
        kept = request.method != "POST"
        found = Representation(
            media_type=OCSP_RESPONSE_MEDIA_TYPE,
            body=answer.der,
            modified=answer.this_update if kept else None,
            fresh_until=answer.next_update if kept else None,
        )
        return respond(request, found, at=at)

    # --- files

    def _find(self, ca: str, at: datetime) -> PublishedAuthority | None:
        return next(
            (
                authority
                for authority in self._publications.authorities(at=at)
                if ca == authority.label or ca.lower() == authority.key_id.hex()
            ),
            None,
        )

    def _index(self, at: datetime) -> Representation:
        authorities = self._publications.authorities(at=at)
        return _json(
            {
                "authorities": [self._described(authority, at) for authority in authorities],
                "bundles": [
                    Address(area=Area.CA, form=Form.BUNDLE, ca=kind.value).path
                    for kind in CaKind
                    if any(authority.kind is kind for authority in authorities)
                ],
                "ocsp": [f"/ocsp/{name}" for name in self._ocsp],
                "next_crl": f"{next_crl_moment(at, hour_jst=self._hour):%Y-%m-%dT%H:%M:%SZ}",
            }
        )

    def _described(self, authority: PublishedAuthority, at: datetime) -> dict[str, Any]:
        label = authority.label
        return {
            "label": label,
            "kind": authority.kind.value,
            "name": names.to_text(authority.name),
            "key_identifier": authority.key_id.hex(),
            "not_before": f"{authority.not_before:%Y-%m-%dT%H:%M:%SZ}",
            "not_after": f"{authority.not_after:%Y-%m-%dT%H:%M:%SZ}",
            "certificate": Address(area=Area.CA, form=Form.DER, ca=label).path,
            "crl": Address(area=Area.CRL, form=Form.FULL, ca=label).path,
            "partitions": Address(area=Area.CRL, form=Form.PARTITIONS, ca=label).path,
            "partition_count": len(self._publications.distribution_points(authority, at=at)),
        }

    def _certificate(self, address: Address, at: datetime) -> Representation | None:
        authority = self._find(address.ca, at)
        if authority is None:
            return None
        return _certificates(CERTIFICATE_MEDIA_TYPE, authority.certificate_der, authority.not_before, at)

    def _pem(self, address: Address, at: datetime) -> Representation | None:
        authority = self._find(address.ca, at)
        if authority is None:
            return None
        pem = to_pem(authority.certificate_der, "CERTIFICATE")
        return _certificates(PEM_MEDIA_TYPE, pem, authority.not_before, at)

    def _bundle(self, address: Address, at: datetime) -> Representation | None:
        generations = [each for each in self._publications.authorities(at=at) if each.kind.value == address.ca]
        if not generations:
            return None
        bundle = certificate_bundle(each.certificate_der for each in generations)
        return _certificates(BUNDLE_MEDIA_TYPE, bundle, max(each.not_before for each in generations), at)

    def _full_list(self, address: Address, at: datetime) -> Representation | None:
        authority = self._find(address.ca, at)
        return None if authority is None else self._list(authority, None, at)

    def _partitions(self, address: Address, at: datetime) -> Representation | None:
        authority = self._find(address.ca, at)
        if authority is None:
            return None
        points = self._publications.distribution_points(authority, at=at)
        return _json(
            {
                "authority": authority.label,
                "partitions": [
                    {
                        "name": names.to_text(name),
                        "crl": Address(
                            area=Area.CRL, form=Form.PARTITION, ca=authority.label, rest=names.to_segment(name)
                        ).path,
                    }
                    for name in points
                ],
            }
        )

    def _partition(self, address: Address, at: datetime) -> Representation | None:
        authority = self._find(address.ca, at)
        try:
            name = names.from_segment(address.rest)
        except DerError:
            return None
        if authority is None:
            return None
        # The CA's own entry in the directory has the full list (cRLDistributionPoints of CA certificates).
        return self._list(authority, None if name == authority.name else name, at)

    def _list(self, authority: PublishedAuthority, point: Name | None, at: datetime) -> Representation | None:
        # Choice: a CA issues its first list when it comes into being, and from then on at the set hour.
        issued = max(crl_moment(at, hour_jst=self._hour), authority.not_before)
        crl = self._publications.crl(authority, point, issued_at=issued)
        if crl is None:
            return None
        return Representation(
            media_type=CRL_MEDIA_TYPE,
            body=crl.der,
            modified=crl.this_update,
            # A cache that held a list until its nextUpdate would hide the next days' lists from its clients.
            fresh_until=min(crl.next_update, next_crl_moment(at, hour_jst=self._hour)),
            digest=crl.digest,
        )


def _asked(request: Request, address: Address) -> bytes:
    """The bytes of the OCSP request; none at all, which is no request either, for a path that is no base64."""
    if request.method == "POST":
        return request.body
    try:
        return decode_get_path(address.rest)
    except MalformedRequestError:
        return b""


def _certificates(media_type: str, body: bytes, modified: datetime, at: datetime) -> Representation:
    return Representation(media_type=media_type, body=body, modified=modified, fresh_until=at + _CERTIFICATES_FRESH)


def _json(document: Mapping[str, Any]) -> Representation:
    body = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
    return Representation(media_type=JSON_MEDIA_TYPE, body=body)
