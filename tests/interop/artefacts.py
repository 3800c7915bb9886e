"""A lab with everything that its CAs can sign, as files for programs that know nothing of mynalab.

The clock is the machine's, by which such programs go; the lab begins two hours before the full hour, which is the
hour of the night at which its lists are issued.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from jpki.algorithms import P_384, RSA_2048
from jpki.kinds import CaKind
from jpki.pem import to_pem
from jpki.registry.interfaces import Register
from jpki.validity import JST
from mynalab.lab.counter import LabCounter
from mynalab.lab.create import create_lab
from mynalab.lab.founding import roll_over
from mynalab.lab.generations import standing_cas
from mynalab.lab.issue import IssuingDesk
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import open_register
from mynalab.persona import load_persona
from mynalab.resources import persona_files

NOW = datetime.now(UTC).replace(microsecond=0)
LISTED = NOW.replace(minute=0, second=0)
"""When the lists were issued that stand now."""
FOUNDED = LISTED - timedelta(hours=2)
ROLLED_OVER = FOUNDED + timedelta(minutes=20)
TIMEOUT_S = 30
CERTIFICATE, LIST = "CERTIFICATE", "X509 CRL"  # RFC 7468 clauses 5 and 6

GENERATIONS = ("-first", "-earlier", "", "-next", "-5", "-6")
"""Three that a lab begins with, that of the next cards, and two that ``OPERATIONS`` find: on RSA and on P-384."""
LABELS = tuple(kind.value + generation for kind in CaKind for generation in GENERATIONS)
LIST_KINDS = ("at-once", "full", "partition")

# What the counter does after the rollover, a minute each.
OPERATIONS: Sequence[tuple[str, Mapping[str, str]]] = (
    ("move", {"card": "adult-resident", "address": "東京都架空区見本町五丁目４番３号"}),
    ("sign-anew", {"card": "adult-resident"}),
    ("enrol-phone", {"card": "adult-resident"}),
    ("lose-phone", {"card": "adult-resident"}),
    ("lose-card", {"card": "teenager"}),
    ("renew", {"card": "certificate-expires-tomorrow"}),
    ("apply", {"persona": "adult-resident", "new_card": "next-card", "profile": "next"}),
    ("issue", {"card": "next-card"}),
    ("compromise", {"card": "newer-card"}),
)
CARDS = (*persona_files(), "adult-resident-phone", "next-card")

GOOD, EXPIRED, EARLY = "good", "expired", "not yet valid"
# What became of certificates, in the order of issue, by card; other words are the reasons of revocations. Of whom
# nothing is said, each certificate is good.
FATES: Mapping[str, Mapping[CaKind, Sequence[str]]] = {
    card: {CaKind.SIGN: sign, CaKind.AUTH: auth}
    for card, sign, auth in (
        ("adult-resident", ["affiliationChanged", GOOD], [GOOD]),
        ("adult-resident-phone", ["certificateHold"], ["certificateHold"]),
        ("authentication-only", [], [GOOD]),
        ("blocked-and-held", ["certificateHold"], ["certificateHold"]),
        ("card-expired", [EXPIRED], [EXPIRED]),
        ("certificate-expired", [EXPIRED], [EXPIRED]),
        ("certificate-expires-tomorrow", ["superseded", GOOD], ["superseded", GOOD]),
        ("certificate-not-yet-valid", [EARLY], [EARLY]),
        ("child", [], [GOOD]),
        ("deceased", ["affiliationChanged"], ["affiliationChanged"]),
        ("held", ["certificateHold"], ["certificateHold"]),
        ("held-then-revoked", ["cessationOfOperation"], ["cessationOfOperation"]),
        ("moved", ["affiliationChanged"], [GOOD]),
        ("newer-card", ["keyCompromise"], ["keyCompromise"]),
        ("renewed", ["superseded", GOOD], ["superseded", GOOD]),
        ("revoked-affiliation-changed", ["affiliationChanged"], ["affiliationChanged"]),
        ("revoked-ca-compromise", ["cACompromise"], ["cACompromise"]),
        ("revoked-cessation", ["cessationOfOperation"], ["cessationOfOperation"]),
        ("revoked-key-compromise", ["keyCompromise"], ["keyCompromise"]),
        ("revoked-unspecified", ["unspecified"], ["unspecified"]),
        ("superseded", ["superseded"], ["superseded"]),
        ("teenager", ["certificateHold"], ["certificateHold"]),
        ("without-certificates", [], []),
    )
}


def fates(card: str, kind: CaKind) -> Sequence[str]:
    """What became of the certificates of one kind that somebody has or had."""
    return FATES[card][kind] if card in FATES else [GOOD]


ISSUED: Sequence[tuple[str, CaKind]] = tuple((card, kind) for card in CARDS for kind in CaKind if fates(card, kind))
"""Whose certificates there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The directory of the files, and where the repository listens.

    ``ca-<label>.pem``, ``cas.pem``; ``<card>-<kind>-<n>.pem``; ``<list kind>-<label>.pem`` (partitions:
    ``partition-<label>-<n>.pem``) and ``<list kind>s.pem``, all lists of a kind together.
    """

    home: Path
    url: str
    fates: Mapping[str, str]
    """By the file of the certificate."""
    label_of: Mapping[str, str]
    """The CA that signed it, likewise."""
    partitions: Mapping[str, Sequence[str]]

    def issued_by(self, label: str) -> Sequence[str]:
        """The files of the certificates of a CA."""
        return [name for name, issuer in self.label_of.items() if issuer == label]

    def lists(self, list_kind: str, label: str) -> Sequence[str]:
        """The files of a CA's lists."""
        return self.partitions[label] if list_kind == "partition" else (f"{list_kind}-{label}.pem",)

    def der(self, name: str) -> bytes:
        """What a PEM file holds."""
        return base64.b64decode("".join((self.home / name).read_text("ascii").splitlines()[1:-1]))

    def responder_url(self, label: str) -> str:
        """Where to ask about certificates of a CA."""
        return f"{self.url}/ocsp/{label.partition('-')[0]}"

    def ask(self, label: str, request: bytes) -> bytes:
        """POST to the responder of a CA."""
        return fetch(self.responder_url(label), request)

    def ask_with_get(self, label: str, request: bytes) -> bytes:
        """RFC 6960 appendix A.1: the request in base64, percent-encoded, after the responder's URL."""
        return fetch(f"{self.responder_url(label)}/{quote(base64.b64encode(request), safe='')}")

    def run(self, *words: str) -> tuple[int, str]:
        """A program in the directory of the files: its status, and all that it says."""
        done = subprocess.run(
            words,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stdout


@contextlib.contextmanager
def standing_world(directory: Path, *, production_names: bool = False) -> Iterator[World]:
    """Found the lab, let everything happen, serve it, and collect what there is."""
    lab = create_lab(directory / "lab", now=FOUNDED, seed="artefacts", unsafe_production_names=production_names)
    home = directory / "home"
    home.mkdir()
    with open_register(lab) as register:
        _live(lab, register)
        label_of = _write_certificates(lab, register, home)
    became = {
        name: fate for card, kind in ISSUED for name, fate in zip(files(card, kind), fates(card, kind), strict=True)
    }
    assert became.keys() == label_of.keys(), "somebody has other certificates than FATES tells"
    with serving(lab) as url:
        partitions = _write_published(lab, url, home)
        yield World(home=home, url=url, fates=became, label_of=label_of, partitions=partitions)


def files(card: str, kind: CaKind) -> Sequence[str]:
    """The files of somebody's certificates of one kind."""
    return [f"{card}-{kind.value}-{number}.pem" for number, _ in enumerate(fates(card, kind), start=1)]


def _live(lab: Lab, register: Register) -> None:
    desk = IssuingDesk(lab, register)
    for name in persona_files():
        desk.issue(name=name, persona=load_persona(name), now=FOUNDED)
    for algorithm in (RSA_2048, P_384):
        for kind in CaKind:
            roll_over(lab, kind, register, now=ROLLED_OVER, algorithm=algorithm)
    counter = LabCounter(lab, register)
    for minute, (operation, arguments) in enumerate(OPERATIONS, start=1):
        answer = counter.operate(operation, arguments, now=ROLLED_OVER + timedelta(minutes=minute))
        assert isinstance(answer, Mapping), answer
    publish_crls(lab, now=ROLLED_OVER + timedelta(hours=1), register=register)


def _write_certificates(lab: Lab, register: Register, home: Path) -> dict[str, str]:
    labels = {ca.key_id: ca.label for ca in standing_cas(lab)}
    numbers: Counter[tuple[str, CaKind]] = Counter()
    label_of = {}
    for record in sorted(register.certificates(), key=lambda each: each.id.serial):
        numbers[record.card, record.id.kind] += 1
        name = f"{record.card}-{record.id.kind.value}-{numbers[record.card, record.id.kind]}.pem"
        (home / name).write_bytes(to_pem(record.certificate_der, CERTIFICATE))
        label_of[name] = labels[record.key_id]
    return label_of


def _write_published(lab: Lab, url: str, home: Path) -> dict[str, list[str]]:
    """What the repository has, and the lists that the lab published at once; answers the files of partitions."""
    partitions: dict[str, list[str]] = defaultdict(list)
    for label in LABELS:
        _write(home, "cas.pem", f"ca-{label}.pem", fetch(f"{url}/ca/{label}.cer"), CERTIFICATE)
        _write(home, "at-onces.pem", f"at-once-{label}.pem", lab.paths.crl(label).read_bytes(), LIST)
        _write(home, "fulls.pem", f"full-{label}.pem", fetch(f"{url}/crl/{label}.crl"), LIST)
        for number, row in enumerate(json.loads(fetch(f"{url}/crl/{label}/"))["partitions"], start=1):
            partitions[label].append(f"partition-{label}-{number}.pem")
            _write(home, "partitions.pem", partitions[label][-1], fetch(url + row["crl"]), LIST)
    return partitions


def _write(home: Path, collection: str, name: str, der: bytes, what: str) -> None:
    pem = to_pem(der, what)
    (home / name).write_bytes(pem)
    with (home / collection).open("ab") as file:
        file.write(pem)


def fetch(url: str, body: bytes | None = None) -> bytes:
    """What a server of this machine sends."""
    asked = urllib.request.Request(url, body, {"Content-Type": "application/ocsp-request"} if body else {})
    with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:
        sent: bytes = answer.read()
    return sent


@contextlib.contextmanager
def serving(lab: Lab) -> Iterator[str]:
    """``mynalab pki serve`` as anybody starts it; answers its URL."""
    hour = str(LISTED.astimezone(JST).hour)
    words = ("pki", "serve", "--lab", lab.paths.root, "--port", "0", "--hour", hour, "--json", "--no-counter")
    process = subprocess.Popen(
        [sys.executable, "-c", "from mynalab.cli.main import main; main()", *words],
        env={name: value for name, value in os.environ.items() if not name.startswith("MYNALAB_")},
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(600, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert '"url"' in said, f"mynalab pki serve does not come up: {said}"
        yield json.loads(said)["url"]
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)
        watchdog.cancel()
