"""Who asks: the tenant of a bearer token (RFC 6750 clause 2.1), not too often; and what its request means."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc.jwk import KeySet

from apdu.ports import RandomBytes
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.proof import OfChallenge, OfData, OfDigest, OfPadded, Proof, Signed
from jpki.rp.operator.records import CheckMethod
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.verify.schemes import CARD_SCHEMES, PKCS1_BARE_SHA256, PKCS1_SHA256, SIGNATURE_SCHEMES, SignatureScheme
from mynalab.lab.operator import LabOperator
from mynalab.operator_server.keys import SignResult, SignResultError, open_sign_result
from mynalab.operator_server.models import ProofIn
from mynalab.operator_server.problems import RefusedError
from mynalab.operator_server.rates import Rates

_Said = TypeVar("_Said")
_BEARER: Final = HTTPBearer(auto_error=False, description="The token of a tenant: `mynalab rp tenant token`.")
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}  # RFC 9110 clause 11.6.1
_SCHEMES: Final = {one.name: one for one in SIGNATURE_SCHEMES}
_SHA256_SIZE: Final = 32


class Tenancy:
    """What the routes share."""

    def __init__(
        self,
        lab: LabOperator,
        *,
        clock: Callable[[], datetime],
        rng: RandomBytes,
        keys: KeySet,
        rates: Rates,
        unsafe_any_webhook: bool = False,
    ) -> None:
        self._lab = lab
        self._keys = keys
        self._rates = rates
        self.clock = clock
        self.rng = rng
        self.unsafe_any_webhook = unsafe_any_webhook

    @property
    def when(self) -> dict[str, Any]:
        """What every operation is told."""
        return {"now": self.clock(), "rng": self.rng}

    def desk(self, token: str | None) -> TenantDesk:
        """Of whoever asks; ends the request for strangers and for those who ask too often."""
        desk = self._lab.desk_of(token) if token else None
        if desk is None:
            raise RefusedError(refusal("operator.token.refused"), _CHALLENGE)
        return self._in_turn(desk)

    def desk_named(self, tenant: str) -> TenantDesk:
        """That of a tenant which is known without a token; ends the request when it asks too often."""
        return self._in_turn(self._lab.desk(tenant))

    @property
    def keys(self) -> KeySet:
        """The operator's private keys, the newest first."""
        return self._keys

    def _in_turn(self, desk: TenantDesk) -> TenantDesk:
        wait_s = self._rates.take(desk.tenant)
        if wait_s:
            raise RefusedError(refusal("operator.rate.exceeded"), {"Retry-After": str(wait_s)})
        return desk

    def proof(self, given: ProofIn) -> Proof:
        """What was brought, a sign result opened."""
        if given.sign_certificate_jwe is None:
            assert given.certificate is not None
            assert given.signature is not None
            return Proof(
                certificate=b64decode(given.certificate),
                signature=b64decode(given.signature),
                signed=_signed(given),
                schemes=CARD_SCHEMES if given.scheme is None else (_SCHEMES[given.scheme],),
            )
        result = self.opened(given.sign_certificate_jwe)
        if given.padded is not None and b64decode(given.padded) != result.data:
            raise RefusedError(refusal("operator.sign-result.other-data"))
        return Proof(
            certificate=result.certificate,
            signature=result.signature,
            signed=_signed(given),
            schemes=_schemes_of(result),
        )

    def opened(self, text: str) -> SignResult:
        """What the app encrypted for this operator."""
        try:
            return open_sign_result(text, self._keys)
        except SignResultError as error:
            raise RefusedError(refusal("operator.sign-result.refused", why=str(error))) from error


def _tenancy_of(request: Request) -> Tenancy:
    found: Tenancy = request.app.state.tenancy
    return found


Shared: TypeAlias = Annotated[Tenancy, Depends(_tenancy_of)]
"""In a route's arguments: what all routes share."""


def _desk_of(
    tenancy: Shared, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> TenantDesk:
    return tenancy.desk(credentials.credentials if credentials else None)


Asking: TypeAlias = Annotated[TenantDesk, Depends(_desk_of)]
"""In a route's arguments: the tenant that asks."""


def said(answer: _Said | Refusal) -> _Said:
    """The answer, unless it is a refusal, which ends the request."""
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    return answer


def method_of(name: str | None) -> CheckMethod | None:
    """None for the operator's own choice."""
    return None if name is None else CheckMethod(name)


def _signed(given: ProofIn) -> Signed:
    if given.challenge is not None:
        return OfChallenge(nonce=b64decode(given.challenge))
    if given.data is not None:
        return OfData(data=b64decode(given.data))
    if given.digest is not None:
        return OfDigest(digest=b64decode(given.digest))
    assert given.padded is not None
    return OfPadded(data=b64decode(given.padded))


def _schemes_of(result: SignResult) -> tuple[SignatureScheme, ...]:
    """Of a challenge that the app had signed: the data's length says what was padded."""
    return (PKCS1_BARE_SHA256,) if len(result.data) == _SHA256_SIZE else (PKCS1_SHA256,)
