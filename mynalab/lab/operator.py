"""The lab's platform operator: it trusts the lab's CAs, stands on their lists and their responder, and has tenants.

All that it keeps lies in ``operator/`` of the lab, or in a PostgreSQL database, with a schema for each tenant.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from apdu.ports import RandomBytes
from jpki.rp.errors import TenantError
from jpki.rp.evidence import KEEP_YEARS
from jpki.rp.listed import RevokedHandles
from jpki.rp.operator.desk import Operator, TenantDesk, tenant_key
from jpki.rp.operator.records import CheckMethod, EvidenceContent, Tenant
from jpki.rp.operator.tenants import add_tenant, renew_token, tenant_of
from jpki.rp.storage.operator.places import place_for
from jpki.rp.storage.operator.store import SqlTenantBook, SqlTenantStore
from jpki.rp.vault import KEY_SIZE, Vault
from jpki.verify.crl_frame import CrlUnreadableError
from jpki.verify.crl_index import CrlCache, CrlIndex
from jpki.verify.ocsp import OcspRevocationCheck
from jpki.verify.preference import Preference, PreferredRevocationCheck
from jpki.verify.revocation import CrlRevocationCheck, RevocationAnswer
from jpki.verify.trust import TrustAnchor
from mynalab.chance import system_random
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part, taking_turns, write_atomically
from mynalab.lab.generations import CaWatch
from mynalab.lab.lab import Lab
from mynalab.lab.links import RegisterLatest, RegisterLinks
from mynalab.lab.operator_files import operator_directory
from mynalab.lab.publish import publish_due_crls
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import trust_store
from mynalab.lab.responder import LabResponder

DEMO_TENANT: Final = "demo"
"""Every lab's first tenant. Its token lies in the lab, as all secrets of a lab do."""
_PREFERENCES: Final = {
    CheckMethod.CRL: Preference.CRL_ONLY,
    CheckMethod.OCSP: Preference.OCSP_ONLY,
    CheckMethod.BOTH: Preference.BOTH,
}


class LabOperator:
    """Open until it is closed; shared by threads, and its files by processes."""

    def __init__(
        self,
        lab: Lab,
        *,
        database: str | None = None,
        method: CheckMethod = CheckMethod.CRL,
        link_delay: timedelta = timedelta(0),
        evidence: EvidenceContent = EvidenceContent.WHOLE,
        keep_years: int = KEEP_YEARS,
        rng: RandomBytes = system_random,
    ) -> None:
        self.lab = lab
        self._rng = rng
        self._directory = operator_directory(lab)
        self._base: Path | str = database or self._directory
        self._guard = threading.Lock()
        self._method, self._link_delay = method, link_delay
        self._evidence, self._keep_years = evidence, keep_years
        self._watch = CaWatch(lab)
        self._known: tuple[object, Operator] | None = None
        self._tenants: dict[str, tuple[SqlTenantStore, Vault]] = {}
        with ExitStack() as stack:
            self._register = stack.enter_context(open_register(lab))
            self.book = stack.enter_context(SqlTenantBook(place_for(self._base, "operator")))
            self._lists = PublishedLists(lab)
            self._responder = LabResponder(lab, self._register)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Let go of everything."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def operator(self) -> Operator:
        """What all tenants share; another one when the lab has got a CA since."""
        keys = tuple(ca.key_id for ca in self._watch.standing())
        known = self._known
        if known is None or known[0] != keys:
            known = self._known = keys, self._made()
        return known[1]

    def desk(self, tenant: str) -> TenantDesk:
        """One tenant's."""
        with self._guard:
            if tenant not in self._tenants:
                store = self._stack.enter_context(SqlTenantStore(self.place_of(tenant)))
                self._tenants[tenant] = store, Vault(self.key_of(tenant))
            store, vault = self._tenants[tenant]
        return TenantDesk(operator=self.operator, tenant=tenant, store=store, vault=vault)

    def desk_of(self, token: str) -> TenantDesk | None:
        """That of whose token it is."""
        tenant = tenant_of(self.book, token)
        return None if tenant is None else self.desk(tenant.name)

    def place_of(self, tenant: str) -> Path | str:
        """Where a tenant's store is."""
        return place_for(self._base, f"tenant-{tenant}")

    def key_of(self, tenant: str) -> bytes:
        """That of a tenant's vault. Whoever has it reads all of the tenant's evidence."""
        return tenant_key(self._key(), tenant)

    def kept_of(self, tenant: str) -> tuple[Path | str, bytes]:
        """Place and key of a tenant's store, for processes that open it themselves; ``TenantError`` for nobody's."""
        if tenant not in {one.name for one in self.book.all()}:
            raise TenantError(f"there is no tenant {tenant!r}", hint="see which there are: mynalab rp tenant list")
        self.desk(tenant)  # its tables are there, and of the present schema
        place = self.place_of(tenant)
        return place.absolute() if isinstance(place, Path) else place, self.key_of(tenant)

    def listed(self, desk: TenantDesk, now: datetime) -> RevokedHandles:
        """Who is on the lists of that moment, as this tenant would know them."""
        return RevokedHandles.of(desk.operator.trust, self._lists.lists(now), desk.vault, at=now)

    def tenants(self) -> list[Tenant]:
        """By name."""
        return list(self.book.all())

    def add(self, name: str, *, now: datetime) -> str:
        """A new tenant; its token, which the lab keeps."""
        token = add_tenant(self.book, name, now=now, rng=self._rng)
        self._keep(name, token)
        return token

    def renew(self, name: str) -> str:
        """Another token instead of the old one."""
        token = renew_token(self.book, name, rng=self._rng)
        self._keep(name, token)
        return token

    def token(self, name: str) -> str | None:
        """The token of a tenant, where the lab has it."""
        path = self.token_path(name)
        return read_part(path).decode().strip() if path.exists() else None

    def token_path(self, name: str) -> Path:
        """Where it lies."""
        return self._directory / f"{name}.token"

    def demo(self, *, now: datetime) -> str:
        """The token of the lab's first tenant, which is made, or given a new token, where there is none to be read."""
        with taking_turns(self._directory):
            known = any(one.name == DEMO_TENANT for one in self.book.all())
            kept = self.token(DEMO_TENANT)
            if known and kept and tenant_of(self.book, kept):
                return kept
            return self.renew(DEMO_TENANT) if known else self.add(DEMO_TENANT, now=now)

    def _made(self) -> Operator:
        """In front of the lab's register, which stands for J-LIS."""

        def ask(request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:  # noqa: ARG001 - one for both CAs
            return self._responder.answer(request, at=now).der

        ocsp = OcspRevocationCheck(ask, rng=self._rng)
        return Operator(
            name="mynalab",
            trust=trust_store(self.lab),
            revocation={
                one: PreferredRevocationCheck(preference, crl=self._lists, ocsp=ocsp)
                for one, preference in _PREFERENCES.items()
            },
            links=RegisterLinks(self._register),
            latest=RegisterLatest(self._register),
            default_method=self._method,
            link_delay=self._link_delay,
            evidence=self._evidence,
            keep_years=self._keep_years,
        )

    def _keep(self, name: str, token: str) -> None:
        write_atomically(self.token_path(name), token.encode() + b"\n", mode=0o600)

    def _key(self) -> bytes:
        path = self._directory / "vault.key"
        with taking_turns(self._directory):
            if not path.exists():
                write_atomically(path, self._rng(KEY_SIZE), mode=0o600)
        key = read_part(path)
        if len(key) != KEY_SIZE:
            raise LabBrokenError(
                f"{path} holds no key", hint="restore the file: without it nothing that is sealed opens again"
            )
        return key


class PublishedLists:
    """Revocation by the lists that the lab's CAs publish; today's are published first where yesterday's stand."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._watch = CaWatch(lab)
        self._check = CrlRevocationCheck()
        self._guard = threading.Lock()
        self._stamps: tuple[object, ...] | None = None
        self._read: list[CrlIndex] = []
        self._cache = CrlCache(limit=16)

    def check(
        self, serial: int, issuer: TrustAnchor, *, now: datetime, distribution_points: Collection[bytes] = ()
    ) -> RevocationAnswer:
        """See ``jpki.verify.revocation.RevocationCheck``."""
        self.lists(now)
        return self._check.check(serial, issuer, now=now, distribution_points=distribution_points)

    def lists(self, now: datetime) -> list[CrlIndex]:
        """The lists of that moment, read again when a file has changed."""
        with self._guard:
            publish_due_crls(self._lab, now=now)
            paths = [self._lab.paths.crl(ca.label) for ca in self._watch.publishing(now)]
            stamps = tuple((path, (status := path.stat()).st_ino, status.st_mtime_ns, status.st_size) for path in paths)
            try:
                read = [self._cache.index(read_part(path)) for path in paths] if stamps != self._stamps else None
            except CrlUnreadableError as error:
                raise LabBrokenError("a published list cannot be read", hint="mynalab lab publish") from error
            if read is not None:
                self._check.replace(read)
                self._read, self._stamps = read, stamps
            return self._read
