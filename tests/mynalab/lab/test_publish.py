"""What the authorities of a lab publish."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509

from jpki.errors import AlreadyRevokedError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.lab import publish
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls
from mynalab.lab.published import publish_crl
from mynalab.lab.revoke import revoke_card

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BOTH = (CaKind.SIGN, CaKind.AUTH)


def crl(lab: Lab, kind: CaKind) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(lab.paths.crl(kind.value).read_bytes())


@pytest.mark.parametrize("kind", BOTH)
def test_first_list_is_empty_and_signed(lab: Lab, kind: CaKind) -> None:
    authority = x509.load_der_x509_certificate(lab.paths.ca_certificate(kind.value).read_bytes())
    assert (len(crl(lab, kind)), crl(lab, kind).last_update_utc) == (0, NOW)
    assert crl(lab, kind).is_signature_valid(authority.public_key())  # type: ignore[arg-type]


def test_lists_are_those_of_the_moment(lab: Lab) -> None:
    later = NOW + timedelta(days=3)
    labels = [kind.value + generation for kind in BOTH for generation in ("", "-earlier", "-first")]
    assert publish_crls(lab, now=later) == [lab.paths.crl(label) for label in labels]
    assert {crl(lab, kind).last_update_utc for kind in BOTH} == {later}


def test_revocation_is_on_the_list_with_its_reason(lab: Lab) -> None:
    revoked = revoke_card(lab, "alice", kinds=BOTH, reason=RevocationReason.CERTIFICATE_HOLD, now=NOW)
    assert [one.kind for one in revoked] == list(BOTH)
    for one in revoked:
        entry = crl(lab, one.kind).get_revoked_certificate_by_serial_number(one.serial)
        assert entry is not None
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        assert reason is x509.ReasonFlags.certificate_hold


def test_of_two_publishers_the_slower_does_not_put_its_list_over_the_newer(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 5280 clause 5.2.3: the number never falls, whoever writes last."""
    others: list[Thread] = []

    def slowly(path: Path, crl: bytes) -> None:
        if not others:  # the first list is signed; another process publishes before it is written
            others.append(Thread(target=publish_crls, args=(lab,), kwargs={"now": NOW + timedelta(minutes=1)}))
            others[0].start()
            others[0].join(timeout=1)
        publish_crl(path, crl)

    monkeypatch.setattr(publish, "publish_crl", slowly)
    publish_crls(lab, now=NOW)
    others[0].join()
    assert {crl(lab, kind).last_update_utc for kind in BOTH} == {NOW + timedelta(minutes=1)}


def test_one_certificate_can_be_revoked_alone(lab: Lab) -> None:
    revoke_card(lab, "alice", kinds=[CaKind.SIGN], reason=RevocationReason.AFFILIATION_CHANGED, now=NOW)
    assert (len(crl(lab, CaKind.SIGN)), len(crl(lab, CaKind.AUTH))) == (1, 0)


def test_revoking_twice_is_refused_and_changes_nothing(lab: Lab) -> None:
    revoke_card(lab, "alice", kinds=[CaKind.SIGN], reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    before = lab.paths.register.read_bytes()
    with pytest.raises(AlreadyRevokedError, match="revoked already: keyCompromise"):
        revoke_card(lab, "alice", kinds=BOTH, reason=RevocationReason.CERTIFICATE_HOLD, now=NOW)
    assert lab.paths.register.read_bytes() == before


def test_hold_can_become_a_revocation(lab: Lab) -> None:
    revoke_card(lab, "alice", kinds=BOTH, reason=RevocationReason.CERTIFICATE_HOLD, now=NOW)
    revoke_card(lab, "alice", kinds=BOTH, reason=RevocationReason.KEY_COMPROMISE, now=NOW + timedelta(hours=1))
    assert len(crl(lab, CaKind.SIGN)) == 1


@pytest.mark.real_part("openssl")
@pytest.mark.parametrize("kind", BOTH)
def test_openssl_reads_what_is_published(lab: Lab, kind: CaKind) -> None:
    listed, authority = lab.paths.crl(kind.value), lab.paths.ca_certificate(kind.value)
    done = subprocess.run(
        ["openssl", "crl", "-in", f"{listed}.pem", "-CAfile", f"{authority}.pem", "-noout", "-crlnumber"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "verify OK" in done.stderr
