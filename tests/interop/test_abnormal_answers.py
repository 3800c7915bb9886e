"""Every test response of the service against mod_auth_openidc: each wrong answer has to be wrong for others, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from mynalab.authapp.abnormal import ABNORMAL, NORMAL, Abnormal, Stage
from mynalab.authapp.pages import TEST_HEADER
from tests.interop.identity import APACHE_PARTS, Apache, Identity, apache

pytestmark = pytest.mark.real_part(*APACHE_PARTS)

HARMLESS: Final = {"missing-session-state", "userinfo-no-claims"}
"""Nobody has to look for them: session_state is of another specification, a name may be missing."""
COMPLAINTS: Final = {
    "wrong-state": "invalid authorization response state",
    "missing-state": "The OpenID Connect callback URL received an invalid request",
    "wrong-iss": "does not match the issuer provided in the response",
    "wrong-code": "invalid_grant",
    "missing-code": "The OpenID Connect callback URL received an invalid request",
    "id-token-bad-signature": "JWT signature verification failed",
    "id-token-unknown-key": "could not find key with kid",
    # In the code flow this version takes what is not signed (OpenID Connect Core clause 3.1.3.7, number 6), and stops
    # at at_hash, which has no hash function then.
    "id-token-alg-none": 'could not validate access token against "at_hash"',
    "id-token-hs256": "HS256 != ES256",
    "id-token-wrong-nonce": "did not match the one stored in the browser session",
    "id-token-missing-nonce": 'did not contain a "nonce"',
    "id-token-wrong-aud": "oidc_proto_validate_aud_and_azp: the configured client_id",
    "id-token-wrong-iss": 'does not match received "iss" value',
    "id-token-wrong-at-hash": 'could not validate access token against "at_hash"',
    "id-token-missing-sub": 'did not contain the required-by-spec "sub"',
    "id-token-expired": "JWT expired",
    "id-token-future": "in the future",
    "userinfo-wrong-sub": "does not match the one in the id_token",
}
"""What Apache writes into its log."""
ERRORS: Final = [row for row in ABNORMAL if row.error and row.stage is not Stage.SIGN]
CHANGES: Final = [row.name for row in ABNORMAL if not row.error and row.stage is not Stage.SIGN]


@pytest.fixture(scope="module")
def site(identity: Identity) -> Iterator[Apache]:
    with apache(identity, "TESTRESPONSES1", test_responses=True) as site:
        yield site


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    """As good as one: there is no page on the way."""
    with httpx.Client(follow_redirects=True) as browser:
        yield browser


def lands(browser: httpx.Client, site: Apache, response: str) -> tuple[httpx.Response, str]:
    """Where a log-in with this test response ends, and what Apache complains of meanwhile."""
    before = len(site.log.read_text())
    answer = browser.get(site.page, headers={TEST_HEADER: response})
    return answer, site.log.read_text()[before:]


def is_in(browser: httpx.Client, site: Apache) -> bool:
    """Whether Apache shows the page to this browser."""
    return browser.get(site.page, follow_redirects=False).status_code == 200


def test_normal_answer_is_taken(browser: httpx.Client, site: Apache) -> None:
    answer, complaint = lands(browser, site, NORMAL)
    assert "OIDC_CLAIM_name=" in answer.text
    assert not complaint


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.name)
def test_error_reaches_apache(browser: httpx.Client, site: Apache, row: Abnormal) -> None:
    answer, complaint = lands(browser, site, row.name)
    assert row.error in answer.text + complaint
    assert "OIDC_CLAIM_name" not in answer.text
    assert is_in(browser, site) is (row.stage is Stage.USERINFO)


@pytest.mark.parametrize("name", CHANGES)
def test_wrong_answer_is_found_out(browser: httpx.Client, site: Apache, name: str) -> None:
    answer, complaint = lands(browser, site, name)
    if name in HARMLESS:
        assert is_in(browser, site)
        assert not complaint
        return
    assert COMPLAINTS[name] in complaint
    assert "OIDC_CLAIM_name" not in answer.text
    # userinfo comes after the log-in: Apache leaves out what it cannot believe.
    assert is_in(browser, site) is name.startswith("userinfo-")
