"""The authorization request: its parameters with their patterns and lengths, as the service's reference has them.

Source: デジタル認証アプリ, API reference of the authorization endpoint (developers.digital.go.jp).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row. ``fixed`` is the only value there is; ``error`` is what an unfit value is called."""

    name: str
    required: bool
    most: int
    pattern: re.Pattern[str]
    fixed: str = ""
    error: str = "invalid_request"


_PRINTABLE: Final = re.compile(r"[\x20-\x7E]*")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

CLIENT_ID: Final = Parameter("client_id", True, 255, re.compile(r"[0-9a-zA-Z]+"))
REDIRECT_URI: Final = Parameter("redirect_uri", True, 255, re.compile(r"[\x21-\x7E]+"))
TRUSTED_FIRST: Final = (CLIENT_ID, REDIRECT_URI)
"""Until these two are right nobody is redirected anywhere."""

PARAMETERS: Final = (
    Parameter("response_type", True, 255, _PRINTABLE, fixed="code", error="unsupported_response_type"),
    Parameter("state", True, 255, _PRINTABLE),
    Parameter("scope", True, 255, re.compile(r"[\x21-\x7E]+(?: [\x21-\x7E]+)*"), error="invalid_scope"),
    Parameter("nonce", True, 255, _PRINTABLE),
    Parameter("code_challenge", True, 128, re.compile(r"[0-9a-zA-Z_-]*")),
    Parameter("code_challenge_method", True, 255, _PRINTABLE, fixed="S256"),
    Parameter("acr_values", False, 255, _PRINTABLE),
    Parameter("sign_transaction_id", False, 36, _UUID),
    # OpenID Connect Core clause 3.1.2.1: there is no log-in without a person and a card, and no other way to answer.
    Parameter("prompt", False, 255, re.compile(r"(?!none\b)[\x20-\x7E]*"), error="login_required"),
    Parameter("response_mode", False, 255, _PRINTABLE, fixed="query"),
    # Clause 6: nothing that is not in the address itself.
    Parameter("request", False, 0, re.compile(""), error="request_not_supported"),
    Parameter("request_uri", False, 0, re.compile(""), error="request_uri_not_supported"),
)


@dataclass(frozen=True, slots=True)
class Unfit:
    """What is wrong with a request, for the client."""

    error: str
    description: str


def judge(parameter: Parameter, values: Sequence[str]) -> Unfit | None:
    """None when the parameter is as its row wants it. The value itself is never repeated."""
    name = parameter.name
    if len(values) > 1:
        return Unfit("invalid_request", f"Multiple '{name}' in request.")
    value = values[0] if values else ""
    if not value:
        return Unfit("invalid_request", f"Missing parameter: {name}") if parameter.required else None
    fits = parameter.fixed == value if parameter.fixed else parameter.pattern.fullmatch(value)
    if len(value) > parameter.most or not fits:
        return Unfit(parameter.error, f"Invalid parameter: {name}")
    return None
