"""The tables: everything that the operator may say has a status in each operation that it may be said in."""

from __future__ import annotations

import pytest

from jpki.rp.operator.refusal_words import WORDS
from jpki.rp.operator.vocabulary import refusal
from mynalab.adapters.mynumbercard_idp.answers import STATUSES, Operation, failure_of, statuses
from mynalab.operator_server.routes_proofs import IDENTIFIED, PROVED
from mynalab.operator_server.routes_proofs import router as operators

OWN_PATHS = {
    Operation.REGISTRATION: "/v1/registrations",
    Operation.LOGIN: "/v1/log-ins",
    Operation.REPLACEMENT: "/v1/replacements",
}
OF_OTHER_FORMS = ("operator.sign-result.", "operator.challenge.", "operator.hash.", "operator.data.not-padded")
"""What a nonce of one's own with a certificate cannot come to."""
ACCEPTED_AGAIN = {(Operation.REPLACEMENT, "operator.user.already-registered")}
CODES = {
    operation: {
        code
        for route in operators.routes
        if getattr(route, "path", "") == path
        for response in getattr(route, "responses", {}).values()
        for code in WORDS
        if f"`{code}`" in response["description"]
    }
    for operation, path in OWN_PATHS.items()
}
SAID = [
    (operation, code)
    for operation, codes in CODES.items()
    for code in sorted(codes)
    if not code.startswith(OF_OTHER_FORMS)
    and code not in ("operator.token.refused", "operator.request.malformed")
    and (operation, code) not in ACCEPTED_AGAIN
]


def test_there_are_codes() -> None:
    assert all(codes >= {*PROVED, *IDENTIFIED} for codes in CODES.values())


@pytest.mark.parametrize(("operation", "code"), SAID, ids=[f"{one.value}-{code}" for one, code in SAID])
def test_every_code_has_a_status(operation: Operation, code: str) -> None:
    assert failure_of(operation, refusal(code, kind="x", least="16", state="revoked")).status in (
        400, 401, 404, 409, 410, 500, 503,
    )  # fmt: skip


@pytest.mark.parametrize("operation", Operation, ids=lambda one: one.value)
def test_no_status_is_for_what_is_never_said(operation: Operation) -> None:
    assert set(STATUSES[operation]) <= CODES[operation]


EXPECTED = {
    Operation.REGISTRATION: {400, 401, 409, 500, 503},
    Operation.LOGIN: {400, 401, 404, 410, 500, 503},
    Operation.REPLACEMENT: {400, 401, 404, 410, 500, 503},
}
"""platform-api.yaml; 410 of a replacement is in the client's code alone."""


@pytest.mark.parametrize(("operation", "expected"), EXPECTED.items(), ids=lambda one: getattr(one, "value", ""))
def test_an_operation_has_the_statuses_of_the_interface(operation: Operation, expected: set[int]) -> None:
    assert set(statuses(operation)) == expected
