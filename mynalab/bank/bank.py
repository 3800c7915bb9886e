"""What the bank does, without a page: open an account, log in, follow its holder, close it.

Each of these begins with ``begin_…``, which answers an address at the authentication service, and ends in ``come_back``
with what the browser brings from there. Whatever is not as it has to be is a ``RefusedError``, and nothing is stored.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

from apdu.ports import RandomBytes
from jpki.rp.comparing.compare import compare
from jpki.rp.comparing.outcome import Outcome as Compared
from mynalab.bank.config import BankConfig
from mynalab.bank.ledger import Account, Customer, Ledger, Notice
from mynalab.bank.oidc import App, Authenticated
from mynalab.bank.operator import Answer, OperatorClient, holder_of
from mynalab.bank.outcomes import Opened, Outcome, Told
from mynalab.bank.papers import Paper, Purpose, application
from mynalab.bank.refusals import RefusedError, refused
from mynalab.bank.sessions import Errand, Session, Sessions

_LOG: Final = logging.getLogger("mynalab.bank")
_RENEWAL: Final = "新しい署名用電子証明書で、届出内容（氏名・住所・生年月日・性別）の確認を行います。\n"
_SUSPEND: Final = "suspend"
_NUMBER_BYTES: Final = 8


class Bank:
    """One bank at work; its parts may be used by many threads."""

    def __init__(self, config: BankConfig, ledger: Ledger, *, clock: Callable[[], datetime], rng: RandomBytes) -> None:
        self.config, self.ledger, self.clock, self._rng = config, ledger, clock, rng
        self.app = App(config, clock=clock, rng=rng)
        self.operator = OperatorClient(config)
        self.sessions = Sessions(clock=clock, rng=rng)
        self._ends: Final = {
            Purpose.LOG_IN: self._log_in,
            Purpose.OPEN: self._open,
            Purpose.CONSENT: self._consent,
            Purpose.RENEW: self._renew,
        }

    def close(self) -> None:
        """Let go of the connections."""
        self.app.close()
        self.operator.close()

    # What leads to the authentication service

    def begin_log_in(self, session: Session) -> str:
        """``openid`` alone: who it is, and nothing about them."""
        return self.sessions.send(session, Purpose.LOG_IN, self.app.request("openid", language=session.language))

    def begin_signature(self, session: Session) -> str:
        """What the session has as its paper is signed: the hash to the service, the person after it."""
        paper = session.paper
        if paper is None:
            raise refused("bank.form.expired")
        transaction = self.app.begin_signature(paper.data)
        request = self.app.request("openid sign", language=session.language, transaction=transaction)
        return self.sessions.send(session, paper.purpose, request, paper)

    def apply(self, form: dict[str, str]) -> Paper:
        """A filled-in form as the text that is to be signed."""
        return application(form, number=self._number(), at=self.clock())

    def ask_consent(self, account: Account) -> Paper:  # noqa: ARG002 - nobody asks who is not logged in
        """The operator's own text of the consent, in a challenge that works once."""
        return self.operator.paper(Purpose.CONSENT)

    def ask_renewal(self, account: Account) -> Paper:  # noqa: ARG002 - as above
        """A challenge for the newer signing certificate."""
        return self.operator.paper(Purpose.RENEW, _RENEWAL)

    # What comes back from there

    def come_back(self, session: Session, answer: Mapping[str, str]) -> None:
        """The one callback of all purposes; what came of it is the session's outcome."""
        errand = self.sessions.take(session, answer.get("state", ""))
        if errand is None:
            raise refused("bank.callback.unknown")
        try:
            person = self.app.authenticated(errand.request, answer)
            session.outcome = self._ends[errand.purpose](session, errand, person)
        except RefusedError as error:
            codes = [error.refusal.code, *(str(one.get("code")) for one in error.refusal.findings)]
            _LOG.warning("%s refused: %s", errand.purpose.value, " ".join(codes))
            raise
        session.paper, session.form = None, {}

    def account(self, session: Session) -> Account:
        """Of whoever is logged in."""
        found = self.ledger.numbered(session.account) if session.account else None
        if found is None:
            raise refused("bank.form.expired", status=403)
        return found

    # What a holder does at the account's page

    def fetch_latest(self, account: Account) -> Outcome:
        """The latest attributes (最新の4情報), which the holder agreed to be asked for."""
        latest = self.operator.latest(account.user_id)
        outcome = self._update(account, latest["attributes"])
        if latest["is_new"]:
            self.ledger.settle(account.user_id, "sign")
        return outcome

    def withdraw_consent(self, account: Account) -> Outcome:
        """Nobody is asked any more."""
        self.operator.withdraw_consent(account.user_id)
        return Told(word="withdrawn")

    def close_account(self, account: Account) -> None:
        """The operator forgets the user first: what is left here if that fails can be tried again."""
        self.operator.delete_user(account.user_id)
        self.ledger.close(account.number)

    def _open(self, session: Session, errand: Errand, person: Authenticated) -> Outcome:  # noqa: ARG002 - as below
        assert errand.paper is not None
        assert errand.paper.entry is not None
        if self.ledger.of(self.config.issuer, person.sub) is not None:
            raise refused("bank.account.exists", status=409)
        result = self.app.sign_result(errand.request.transaction, person)
        verified = self.operator.verified(result, errand.paper)
        comparison = compare(holder_of(verified["attributes"]), errand.paper.entry)
        told = tuple(comparison.fields.values())
        if comparison.overall is Compared.DIFFERS:
            self.operator.forget(verified)
            raise refused("bank.entry.differs", status=403, fields=told)
        account = Account(
            number=self._number(),
            issuer=self.config.issuer,
            sub=person.sub,
            user_id=verified["user_id"],
            customer=_customer(verified["attributes"]),
            opened_at=_moment(self.clock()),
            verification=verified["verification"]["id"],
        )
        if not self.ledger.open(account):
            raise refused("bank.account.exists", status=409)
        return Opened(number=account.number, fields=told)

    def _log_in(self, session: Session, errand: Errand, person: Authenticated) -> None:  # noqa: ARG002 - all ends are called alike
        account = self.ledger.of(self.config.issuer, person.sub)
        if account is None:
            raise refused("bank.account.none", status=403)
        # The service looked at the log-in certificate; that of the signature under the account is the bank's matter.
        status = self.operator.status(account.user_id)
        self._note(account, status)
        if any(one["ask"] == _SUSPEND for one in status["asks"]):
            raise refused("bank.account.suspended", status=403)
        self.sessions.log_in(session, account.number)

    def _consent(self, session: Session, errand: Errand, person: Authenticated) -> Outcome:
        account, paper, result = self._signed(session, errand, person)
        self.operator.give_consent(account.user_id, result, paper)
        return Told(word="consented")

    def _renew(self, session: Session, errand: Errand, person: Authenticated) -> Outcome:
        account, paper, result = self._signed(session, errand, person)
        outcome = self._update(account, self.operator.replaced(result, paper)["attributes"])
        self._note(account, self.operator.status(account.user_id))
        return outcome

    def _signed(self, session: Session, errand: Errand, person: Authenticated) -> tuple[Account, Paper, str]:
        """A paper that the account's own holder signed."""
        assert errand.paper is not None
        account = self.account(session)
        if (account.issuer, account.sub) != (self.config.issuer, person.sub):
            raise refused("bank.account.other-person", status=403)
        return account, errand.paper, self.app.sign_result(errand.request.transaction, person)

    def _update(self, account: Account, told: Answer) -> Outcome:
        customer = _customer(told)
        names = (one.name for one in fields(Customer))
        changed = tuple(one for one in names if getattr(account.customer, one) != getattr(customer, one))
        if changed:
            self.ledger.update(account.number, customer)
        return Told(word="changed" if changed else "unchanged", fields=changed)

    def _note(self, account: Account, status: Answer) -> None:
        """A webhook may come late or never; who asks anyway, notes what was answered."""
        for one in status["certificates"]:
            notice = Notice(
                user_id=account.user_id,
                kind=one["kind"],
                state=one["state"],
                reason=one["reason"],
                since=one["since"],
                told_at=_moment(self.clock()),
            )
            self.ledger.note(notice)

    def _number(self) -> str:
        """Ten digits by chance."""
        return f"{int.from_bytes(self._rng(_NUMBER_BYTES)) % 10**10:010d}"


def _customer(told: Answer) -> Customer:
    born = told["birth_date_parts"]
    parts = (f"{part:02d}" if part else "--" for part in (born["year"], born["month"], born["day"]))
    return Customer(name=told["name"], address=told["address"], birth_date="-".join(parts), sex=told["sex"])


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
