"""A signature from its start by the relying party, over Chromium and the app's service, to the operator's answer."""

from __future__ import annotations

import json
import re
import warnings
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from starlette.responses import PlainTextResponse

from mynalab.authapp.abnormal import ABNORMAL, Stage
from mynalab.authapp.pages import TEST_HEADER
from mynalab.persona import load_persona
from mynalab.resources import persona_files
from mynalab.web.server import LoopbackServer
from tests.interop.browser import chromium, use_card, window
from tests.interop.identity import BROWSER_PARTS, Identity, client_key
from tests.interop.identity import use_card as use_card_by_http

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib 1.9 looks for httpx2 first, which is not released for all of us
    from authlib.integrations.httpx_client import OAuth2Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CLIENT_ID, TESTED_CLIENT_ID = "CONTRACTS1", "CONTRACTSTESTED1"
VERIFIER = "v" * 43
CONTRACT: Final = sha256("売買契約書".encode()).digest()
SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 clause 9.2, note 1
FORMS = pytest.mark.parametrize("data", [CONTRACT, SHA256_INFO + CONTRACT], ids=["bare-hash", "digest-info"])
PERSONAS: Final = {name: load_persona(name) for name in persona_files()}
CODES: Final = {
    "jpki.revocation.revoked": "certificate-revoked",
    "jpki.validity.expired": "certificate-expired",
    "jpki.validity.not-yet-valid": "certificate-not-yet-valid",
    "PinBlockedError": "pin-blocked",
}
ON_HOLD: Final = {"held", "blocked-and-held"}
ELLIPTIC: Final = {"next-generation"}


@dataclass(frozen=True)
class Business:
    """A relying party's server."""

    identity: Identity
    redirect: str
    client_id: str = CLIENT_ID

    def client(self, scope: str) -> Any:
        return OAuth2Client(
            self.client_id,
            client_key(),
            token_endpoint_auth_method=PrivateKeyJWT(self.identity.metadata["token_endpoint"]),
            redirect_uri=self.redirect,
            scope=scope,
            code_challenge_method="S256",
        )

    @property
    def transactions(self) -> str:
        return f"{self.identity.url}/api/sign-transactions"

    def start(self, data: bytes) -> str:
        """A transaction's id."""
        with self.client("sign") as client:
            client.fetch_token(self.identity.metadata["token_endpoint"], grant_type="client_credentials")
            begun = client.post(self.transactions, json={"data": text(data)})
        assert begun.status_code == 201, begun.text
        return str(begun.json()["sign_transaction_id"])

    def address(self, id_: str) -> str:
        """Where the person is sent."""
        with self.client("openid sign") as client:
            address, _ = client.create_authorization_url(
                self.identity.metadata["authorization_endpoint"],
                state="s",
                nonce="n",
                code_verifier=VERIFIER,
                sign_transaction_id=id_,
            )
        return str(address)

    def result(self, id_: str, back: str) -> str:
        """The JWE, when the person has come back."""
        with self.client("openid sign") as client:
            client.fetch_token(
                self.identity.metadata["token_endpoint"],
                authorization_response=back,
                state="s",
                code_verifier=VERIFIER,
            )
            answer = client.get(f"{self.transactions}/{id_}/result")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["sign_certificate_jwe"])

    def signed(self, data: bytes, persona: str = "adult-resident", response: str = "") -> str:
        """The whole way without a browser; ``response`` is a test response."""
        id_ = self.start(data)
        with httpx.Client(headers={TEST_HEADER: response} if response else {}) as browser:
            if response:
                answer = browser.get(self.address(id_))
            else:
                pin = PERSONAS[persona].signature_pin
                answer = use_card_by_http(browser, self.address(id_), card=persona, pin=pin)
        return self.result(id_, answer.headers["location"])

    def verified(self, sealed: str, data: bytes, **more: Any) -> httpx.Response:
        """What the operator says of it."""
        return self.identity.ask_operator(
            "verifications/sign-result", sign_certificate_jwe=sealed, data=text(data), **more
        )


def text(content: bytes) -> str:
    return b64encode(content).decode()


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    """Where the browser ends, at the business."""
    with LoopbackServer(PlainTextResponse("thank you"), port=0) as server:
        yield f"{server.url}/callback"


@pytest.fixture(scope="module")
def business(identity: Identity, callback: str) -> Business:
    identity.register(CLIENT_ID, callback)
    return Business(identity, callback)


@pytest.fixture(scope="module")
def tested(identity: Identity, callback: str) -> Business:
    """A client that gets test responses."""
    identity.register(TESTED_CLIENT_ID, callback, test_responses=True)
    return Business(identity, callback, TESTED_CLIENT_ID)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def sealed(business: Business) -> str:
    """A good result."""
    return business.signed(CONTRACT)


@pytest.mark.real_part(*BROWSER_PARTS)
@FORMS
def test_person_signs_and_the_operator_verifies(business: Business, browser: Browser, data: bytes) -> None:
    id_ = business.start(data)
    with window(browser) as page:
        page.goto(business.address(id_))
        assert CONTRACT.hex() in page.content()
        use_card(page, "adult-resident", PERSONAS["adult-resident"].signature_pin)
        assert page.inner_text("body") == "thank you"
        back = page.url
    answer = business.verified(business.result(id_, back), data, identify_user=True)
    assert answer.status_code == 201, answer.text
    assert answer.json()["result"] == "OK"


@pytest.mark.real_part(*BROWSER_PARTS)
def test_person_who_goes_back_has_signed_nothing(business: Business, browser: Browser) -> None:
    id_ = business.start(CONTRACT)
    with window(browser) as page:
        page.goto(business.address(id_))
        with page.expect_navigation():
            page.click('button[value="cancel"]')
        assert parse_qs(urlsplit(page.url).query)["error"] == ["access_denied"]


@pytest.mark.parametrize("name", [name for name in PERSONAS if PERSONAS[name].expect["sign"] == "accepted"])
def test_persona_signs(business: Business, name: str) -> None:
    if name in ELLIPTIC:
        assert page_code(business, name) == "wrong-key"
        return
    answer = business.verified(business.signed(CONTRACT, name), CONTRACT)
    assert (answer.status_code, answer.json()["result"]) == (201, "OK")


@pytest.mark.parametrize("name", [name for name in PERSONAS if PERSONAS[name].expect["sign"] != "accepted"])
def test_persona_is_refused_at_the_page(business: Business, name: str) -> None:
    expected = "certificate-held" if name in ON_HOLD else CODES[PERSONAS[name].expect["sign"]]
    assert page_code(business, name) == expected


def page_code(business: Business, name: str) -> str:
    """With what the page refuses."""
    with httpx.Client() as browser:
        answer = use_card_by_http(
            browser, business.address(business.start(CONTRACT)), card=name, pin=PERSONAS[name].signature_pin
        )
    [code] = re.findall(r'data-code="([^"]+)"', answer.text)
    return str(code)


def changed(sealed: str, part: int) -> str:
    """One character of one part is another."""
    parts = sealed.split(".")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    return ".".join(parts)


@pytest.mark.parametrize("part", range(5), ids=["header", "key", "iv", "text", "tag"])
def test_changed_result_is_refused(business: Business, sealed: str, part: int) -> None:
    answer = business.verified(changed(sealed, part), CONTRACT)
    assert answer.json()["code"] == "operator.sign-result.refused"


def operator_key(identity: Identity) -> RSAKey:
    keys = KeySet.import_key_set(httpx.get(f"{identity.operator_url}/key/jwks.json").json())
    key = keys.keys[0]
    assert isinstance(key, RSAKey)
    return key


def test_result_for_another_operator_is_refused(business: Business) -> None:
    key = operator_key(business.identity)
    other = RSAKey.generate_key(2048, {"kid": str(key.kid)})
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": str(key.kid), "cty": "application/json"}
    payload = json.dumps({"certificate": "MA==", "signature": "MA==", "data": text(CONTRACT)})
    foreign = jwe.encrypt_compact(header, payload, other, algorithms=["RSA-OAEP-256", "A256GCM"])
    assert business.verified(foreign, CONTRACT).json()["code"] == "operator.sign-result.refused"


def test_result_of_other_data_is_refused(business: Business, sealed: str) -> None:
    other = sha256(b"another contract").digest()
    assert business.verified(sealed, other).json()["code"] == "operator.sign-result.other-data"


def test_business_cannot_open_the_result(business: Business, sealed: str) -> None:
    header = json.loads(b64decode(sealed.split(".")[0] + "=="))
    assert header["kid"] == operator_key(business.identity).kid
    own = RSAKey.import_key(client_key().as_pem(private=True))
    with pytest.raises(JoseError):
        jwe.decrypt_compact(sealed, own, algorithms=["RSA-OAEP-256", "A256GCM"])


SPOILT: Final = {
    "sign-bad-signature": "SIGNATURE_MISMATCH",
    "sign-bad-certificate": "UNSUPPORTED_CERTIFICATE",  # what no CA here has signed is none of theirs
    "sign-other-data": "operator.sign-result.other-data",
    "sign-broken-jwe": "operator.sign-result.refused",
}
"""What the operator says of each test response that is a result."""


@pytest.mark.parametrize("name", [row.name for row in ABNORMAL if row.stage is Stage.SIGN and not row.error])
def test_operator_finds_each_test_response_out(tested: Business, name: str) -> None:
    answer = tested.verified(tested.signed(CONTRACT, response=name), CONTRACT).json()
    assert answer.get("result", answer.get("code")) == SPOILT[name]
