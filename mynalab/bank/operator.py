"""The platform operator as the bank uses it. What it refuses is a ``RefusedError`` with the operator's own words."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

import httpx

from jpki.attributes import HolderAttributes, Sex
from jpki.birthdate import BirthDate, Era
from mynalab.bank.config import BankConfig
from mynalab.bank.papers import Paper, Purpose
from mynalab.bank.refusals import Refusal, RefusedError, refused, refused_by_operator

_TIMEOUT_S: Final = 10.0
_CHALLENGES: Final = {Purpose.CONSENT: "consent", Purpose.RENEW: "replacement"}
_SEXES: Final = {
    "male": Sex.MALE,
    "female": Sex.FEMALE,
    "unknown": Sex.UNKNOWN,
    "not-applicable": Sex.NOT_APPLICABLE,
}
Answer = Mapping[str, Any]


class OperatorClient:
    """One tenant's."""

    def __init__(self, config: BankConfig) -> None:
        self._config = config
        self._http = httpx.Client(
            base_url=config.operator_url,
            headers={"Authorization": f"Bearer {config.operator_token}"},
            timeout=_TIMEOUT_S,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def verified(self, result: str, paper: Paper) -> Answer:
        """A sign result over this paper that is good in every respect, with the signer's attributes and user id."""
        body = {"sign_certificate_jwe": result, "data": b64encode(paper.data).decode(), "identify_user": True}
        answer = self._ask("POST", "/v1/verifications/sign-result", body)
        if answer["result"] == "OK":
            return answer
        own = refused("bank.signature.refused").refusal
        refusal = Refusal(code=answer["result"], en=own.en, ja=own.ja, findings=tuple(answer["findings"]))
        raise RefusedError(refusal, status=403)

    def forget(self, verified: Answer) -> None:
        """Take back what a verification left: there will be no account."""
        self._ask("DELETE", f"/v1/verifications/{verified['verification']['id']}")
        if verified["is_new_user"]:
            self.delete_user(verified["user_id"])

    def paper(self, purpose: Purpose, text: str = "") -> Paper:
        """A challenge as something to be signed; its own text, where it has one, is what the holder has to be shown."""
        given = self._ask("POST", "/v1/challenges", {"purpose": _CHALLENGES[purpose], "origin": self._config.url})
        digest = b64decode(given["digest"])
        return Paper(purpose=purpose, text=given["text"] or text, digest=digest, challenge=given["challenge"])

    def give_consent(self, user_id: str, result: str, paper: Paper) -> None:
        """To the latest attributes."""
        body = {"sign_certificate_jwe": result, "challenge": paper.challenge}
        self._ask("PUT", f"/v1/users/{user_id}/consent", body)

    def consent(self, user_id: str) -> Answer:
        """Whether it stands."""
        return self._ask("GET", f"/v1/users/{user_id}/consent")

    def withdraw_consent(self, user_id: str) -> None:
        """From now on nobody is asked."""
        self._ask("DELETE", f"/v1/users/{user_id}/consent")

    def latest(self, user_id: str) -> Answer:
        """The four attributes of the newest signing certificate, while a consent stands."""
        return self._ask("POST", f"/v1/users/{user_id}/latest-attributes")

    def replaced(self, result: str, paper: Paper) -> Answer:
        """The newer certificate in the place of the one that is registered."""
        body = {"sign_certificate_jwe": result, "challenge": paper.challenge}
        return self._ask("POST", "/v1/replacements", body)

    def status(self, user_id: str) -> Answer:
        """How the user's certificates stand now, and what each asks of the bank."""
        return self._ask("GET", f"/v1/users/{user_id}/status")

    def delete_user(self, user_id: str) -> None:
        """It is no failure when the user is gone already."""
        try:
            self._ask("DELETE", f"/v1/users/{user_id}")
        except RefusedError as error:
            if error.refusal.code != "operator.user.unknown":
                raise

    def hear(self) -> bytes:
        """Have changes told at the bank's webhook; the secret that signs them. An earlier webhook there is gone."""
        for one in self._ask("GET", "/v1/webhooks")["webhooks"]:
            if one["url"] == self._config.webhook:
                self._ask("DELETE", f"/v1/webhooks/{one['id']}")
        return b64decode(self._ask("POST", "/v1/webhooks", {"url": self._config.webhook})["secret"])

    def _ask(self, method: str, path: str, body: Answer | None = None) -> Answer:
        try:
            answer = self._http.request(method, path, json=body)
            found = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise refused("bank.operator.unreachable", status=502) from error
        if answer.is_success and isinstance(found, dict):
            return found
        if not isinstance(found, dict) or "code" not in found:
            raise refused("bank.operator.unreachable", status=502)
        raise refused_by_operator(found, status=answer.status_code)


def holder_of(told: Answer) -> HolderAttributes:
    """The operator's attributes as ``jpki.rp.comparing`` compares them."""
    born = told["birth_date_parts"]
    return HolderAttributes(
        name=told["name"],
        name_substitutions=told["name_substitutions"],
        address=told["address"],
        address_substitutions=told["address_substitutions"],
        birth_date=BirthDate(era=Era[born["era"].upper()], year=born["year"], month=born["month"], day=born["day"]),
        sex=_SEXES[told["sex"]],
    )
