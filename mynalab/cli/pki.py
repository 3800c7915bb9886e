"""``mynalab pki``: the lab's authorities as relying parties see them: lists, OCSP, the repository over HTTP."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mynalab.cli.options import DEFAULT_CARD, Settings, shared_options
from mynalab.cli.pki_serve import serve

if TYPE_CHECKING:
    from jpki.registry.interfaces import Register
    from jpki.registry.records import CertificateRecord
    from mynalab.lab.outside import Outside

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(
    epilog="""\b
Examples:
  mynalab pki serve                                    CRLs, CA certificates and OCSP on 127.0.0.1
  mynalab pki status --card alice                      register, OCSP and CRL side by side
  mynalab pki status --card alice --now 2027-04-01     the same at another moment
  mynalab pki crl --ca sign --output sign.crl          today's list, as the repository has it
  mynalab pki ocsp --card alice
  mynalab pki timeline --card alice --svg alice.svg
  mynalab pki rollover
"""
)
def command() -> None:
    """Look at the PKI from outside: today's CRLs, OCSP and its fifteen minutes, timelines; begin a new CA generation.

    The lab's own relying party (login, sign) learns of everything at once. Here things take their time, as they do in
    the real world: a CRL a night, OCSP every quarter of an hour.
    """


def _one_subject(decorated: Callable[..., Any]) -> Callable[..., Any]:
    """See to it that card, person and serial are not mixed; the default card where nobody is named."""

    @functools.wraps(decorated)
    def call(*, card: str | None, person: str | None, serial: int | None, **others: Any) -> Any:
        if sum(each is not None for each in (card, person, serial)) > 1:
            raise click.UsageError("--card, --person and --serial are three ways to say which: choose one")
        if card is None and person is None and serial is None:
            card = DEFAULT_CARD
        return decorated(card=card, person=person, serial=serial, **others)

    return call


def _whom(decorated: _Command) -> _Command:
    """The options that say which certificates are meant."""
    whom: Callable[..., Any] = _one_subject(decorated)
    for option in (
        click.option("--serial", type=click.IntRange(1), help="With --ca: the certificate of this serial number."),
        click.option("--ca", type=click.Choice(["sign", "auth"]), help="Of this CA alone."),
        click.option("--person", metavar="NUMBER", help="Somebody's number in the register."),
        click.option("--card", metavar="NAME", help="A card or phone.  [default: adult-resident]"),
    ):
        whom = option(whom)
    return whom  # type: ignore[return-value]


command.add_command(serve)


@command.command()
@_whom
@shared_options()
def status(card: str | None, person: str | None, ca: str | None, serial: int | None, settings: Settings) -> int:
    """Say how certificates stand: in the register, for OCSP, on the CRL. Ends with 1 when none is good in truth."""
    from mynalab.cli.pki_words import seen_document, seen_lines

    with _opened(settings, card) as (register, outside):
        now = settings.clock()
        found = _certificates(register, outside, card, person, ca, serial)
        seen = [outside.seen(certificate, at=now) for certificate in found]
    settings.output.document({"at": now.isoformat(), "certificates": [seen_document(one) for one in seen]})
    for english, japanese, colour in seen_lines(seen):
        settings.output.say(english, japanese, colour=colour)
    return 0 if any(one.state == "good" for one in seen) else 1


@command.command()
@_whom
@click.option("--url", metavar="URL", help="Ask this responder, over HTTP.  [default: the lab's own, in this process]")
@click.option("--no-nonce", is_flag=True, help="Ask without a nonce, as caches want it.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the last response there, in DER.")
@shared_options()
def ocsp(
    card: str | None,
    person: str | None,
    ca: str | None,
    serial: int | None,
    url: str | None,
    no_nonce: bool,
    output: Path | None,
    settings: Settings,
) -> int:
    """Ask OCSP about certificates and check the answers. Ends with 1 unless all of them are good."""
    from jpki.verify.ocsp import OcspRevocationCheck
    from mynalab.chance import system_random
    from mynalab.cli.pki_words import answer_document, answer_line
    from mynalab.lab.files import write_atomically
    from mynalab.lab.ocsp_client import HttpTransport, Remembering

    with _opened(settings, card) as (register, outside):
        now = settings.clock()
        asking = Remembering(outside.transport if url is None else HttpTransport(url))
        check = OcspRevocationCheck(asking, rng=system_random, with_nonce=not no_nonce)
        answers = [
            (certificate, outside.ask(certificate, at=now, check=check))
            for certificate in _certificates(register, outside, card, person, ca, serial)
        ]
    if output is not None and asking.last is not None:
        write_atomically(output, asking.last)
    settings.output.document(
        {"at": now.isoformat(), "answers": [answer_document(certificate.id, one) for certificate, one in answers]}
    )
    for certificate, answer in answers:
        english, japanese, colour = answer_line(certificate.id, answer)
        settings.output.say(english, japanese, colour=colour)
    return 1 if any(finding.is_error for _, answer in answers for finding in answer.findings) else 0


@command.command()
@click.option("--ca", metavar="LABEL", default="auth", show_default=True, help="A CA: sign, auth, sign-earlier, …")
@click.option("--point", metavar="PREFECTURE/MUNICIPALITY", help="The partition of a municipality: Tokyo-to/Kaku-shi")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the list there, in DER.")
@click.option("--pem", is_flag=True, help="Write it in PEM.")
@click.option("--hour", type=click.IntRange(0, 23), default=3, show_default=True, help="The CAs' hour, in Japan.")
@shared_options()
def crl(ca: str, point: str | None, output: Path | None, pem: bool, hour: int, settings: Settings) -> int:
    """Show the list that stands at this moment: the one issued at the set hour, last night."""
    from jpki.verify.crl_index import CrlIndex
    from mynalab.cli.pki_words import crl_document, crl_lines
    from mynalab.lab.files import write_atomically
    from mynalab.lab.lists import standing_list
    from mynalab.lab.published import to_pem

    with _opened(settings, hour=hour) as (_, outside):
        found = standing_list(outside, ca, point, at=settings.clock())
    if output is not None:
        write_atomically(output, to_pem(found.der, "X509 CRL") if pem else found.der)
    index = CrlIndex(found.der)
    settings.output.document(crl_document(ca, point, index))
    for english, japanese in crl_lines(ca, point, index):
        settings.output.say(english, japanese)
    return 0


@command.command()
@_whom
@click.option("--svg", "picture", type=click.Path(path_type=Path), help="Write the timeline as a picture, too.")
@shared_options()
def timeline(
    card: str | None,
    person: str | None,
    ca: str | None,
    serial: int | None,
    picture: Path | None,
    settings: Settings,
) -> int:
    """Tell what happened to a person's certificates, and when OCSP and the CRL said so."""
    from mynalab.cli.pki_words import timeline_document
    from mynalab.lab.files import write_atomically
    from mynalab.timeline.build import build_timeline
    from mynalab.timeline.svg import svg
    from mynalab.timeline.text import text_lines

    output = settings.output
    with _opened(settings, card) as (register, outside):
        now = settings.clock()
        chosen = _certificates(register, outside, card, person, ca, serial)
        if serial is not None:
            entries, subject = register.timeline(certificate=chosen[0].id), str(chosen[0].id)
        else:
            entries, subject = register.timeline(person_id=chosen[0].person_id), card or chosen[0].card
    told = build_timeline(entries, subject=subject, now=now)
    if picture is not None:
        write_atomically(picture, svg(told, language=output.language).encode())
    output.document(timeline_document(told))
    for line, colour in text_lines(told, language=output.language):
        output.say(line, line, colour=colour)
    return 0


@command.command()
@click.option("--ca", type=click.Choice(["sign", "auth", "both"]), default="both", show_default=True, help="Which CA.")
@click.option(
    "--algorithm",
    type=click.Choice(["rsa-2048", "p-384"]),
    default="rsa-2048",
    show_default=True,
    help="Of its key, and of those that it certifies; p-384 for the next cards.",
)
@shared_options()
def rollover(ca: str, algorithm: str, settings: Settings) -> int:
    """Begin the next generation of a CA: the same name, a new key. The ones before go on signing their lists."""
    from jpki.algorithms import KEY_ALGORITHMS
    from jpki.kinds import CaKind
    from mynalab.cli.opening import open_lab
    from mynalab.lab.founding import roll_over
    from mynalab.lab.publish import publish_crls
    from mynalab.lab.register import open_register
    from mynalab.words import KIND_JA

    lab, now = open_lab(settings), settings.clock()
    row = next(one for one in KEY_ALGORITHMS if one.name == algorithm)
    kinds = [kind for kind in CaKind if ca in (kind.value, "both")]
    with open_register(lab) as register:
        labels = {kind: roll_over(lab, kind, register, now=now, algorithm=row) for kind in kinds}
        publish_crls(lab, now=now, register=register)
    settings.output.document({"began": {kind.value: label for kind, label in labels.items()}, "at": now.isoformat()})
    for kind, label in labels.items():
        path = lab.paths.ca_certificate(label)
        settings.output.say(
            f"{kind.value} CA: generation {label} issues from now on, its certificate is {path}",
            f"{KIND_JA[kind.value]}認証局: 以後は新しい世代 {label} が発行します。証明書は {path} です",
        )
    return 0


@contextmanager
def _opened(settings: Settings, card: str | None = None, *, hour: int = 3) -> Iterator[tuple[Register, Outside]]:
    """The lab's register, and what can be seen of it from outside."""
    from mynalab.cli.opening import ensure_card, open_lab
    from mynalab.lab.outside import Outside
    from mynalab.lab.register import open_register

    lab = open_lab(settings)
    if card is not None:
        ensure_card(lab, card, settings)
    with open_register(lab) as register:
        yield register, Outside(lab, register, crl_hour_jst=hour)


def _certificates(
    register: Register, outside: Outside, card: str | None, person: str | None, ca: str | None, serial: int | None
) -> list[CertificateRecord]:
    """The certificates that the options mean."""
    from jpki.kinds import CaKind
    from jpki.registry.records import CertificateId

    kind = None if ca is None else CaKind(ca)
    if serial is None:
        return outside.certificates(card=card, person_id=person, kind=kind)
    if kind is None:
        raise click.UsageError("--serial needs --ca: each CA has numbers of its own")
    return [register.certificate(CertificateId(kind, serial))]
