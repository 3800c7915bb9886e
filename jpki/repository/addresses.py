"""The repository's URLs. Certificates of JPKI have no URL of a list in them, so the forms are this lab's own.

    /                            what there is, as JSON
    /ca/<label>.cer  .pem        one CA certificate, in DER or in PEM
    /ca/<kind>.p7c               the certificates of all generations of sign or auth
    /crl/<label>.crl             the full list of one generation
    /crl/<label>/                the names of its partitions, as JSON
    /crl/<label>/<name>          the list of one distribution point: its name after RFC 4514, percent-encoded
    /ocsp/<kind>[/<base64>]      the responder of sign or auth: POST, or GET (RFC 6960 appendix A.1)

In ``/crl/`` the label may be the CA's key identifier in hexadecimal digits: the authorityKeyIdentifier and the
cRLDistributionPoints of a certificate are then all that a program needs to find its list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import quote

from jpki.kinds import CaKind

OCSP_AT_ROOT: Final = CaKind.AUTH.value
"""The one responder whose URL stands in certificates has no path (production authentication certificates)."""

# The first letter of what a DER SEQUENCE of an OCSP request begins with in base64: 0x30 0x40..0xBF.
_BASE64_OF_SEQUENCE: Final = "M"


class Area(Enum):
    """The parts of the repository; faults are told of them by these words."""

    INDEX = "index"
    CA = "ca"
    CRL = "crl"
    OCSP = "ocsp"


class Form(Enum):
    """What is asked for within a part."""

    INDEX = "index"
    DER = "der"
    PEM = "pem"
    BUNDLE = "bundle"
    FULL = "full"
    PARTITIONS = "partitions"
    PARTITION = "partition"
    OCSP = "ocsp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A path, taken apart. ``ca`` is a label, a kind or a key identifier; ``rest`` is still percent-encoded."""

    area: Area
    form: Form
    ca: str = ""
    rest: str = ""

    @property
    def path(self) -> str:
        """The path that reads as this address."""
        return _PATHS[self.form].format(ca=quote(self.ca, safe=""), rest=self.rest)


INDEX: Final = Address(area=Area.INDEX, form=Form.INDEX)

_PATHS: Final = {
    Form.INDEX: "/",
    Form.DER: "/ca/{ca}.cer",
    Form.PEM: "/ca/{ca}.pem",
    Form.BUNDLE: "/ca/{ca}.p7c",
    Form.FULL: "/crl/{ca}.crl",
    Form.PARTITIONS: "/crl/{ca}/",
    Form.PARTITION: "/crl/{ca}/{rest}",
    Form.OCSP: "/ocsp/{ca}/{rest}",
}
_SUFFIXES: Final = {
    Area.CA: {".cer": Form.DER, ".pem": Form.PEM, ".p7c": Form.BUNDLE},
    Area.CRL: {".crl": Form.FULL},
}


def address_of(path: str, *, method: str = "GET") -> Address | None:
    """What a path asks for; None when it is none of the forms."""
    if path in ("", "/"):
        return INDEX if method in ("GET", "HEAD") else Address(area=Area.OCSP, form=Form.OCSP, ca=OCSP_AT_ROOT)
    area, _, rest = path.removeprefix("/").partition("/")
    if area == Area.OCSP.value:
        ca, _, request = rest.partition("/")
        return Address(area=Area.OCSP, form=Form.OCSP, ca=ca, rest=request) if ca else None
    if area in (Area.CA.value, Area.CRL.value):
        return _file(Area(area), rest)
    if area.startswith(_BASE64_OF_SEQUENCE):  # GET of a responder whose URL has no path
        return Address(area=Area.OCSP, form=Form.OCSP, ca=OCSP_AT_ROOT, rest=path.removeprefix("/"))
    return None


def _file(area: Area, rest: str) -> Address | None:
    ca, slash, name = rest.partition("/")
    if slash and area is Area.CRL and ca:
        return Address(area=area, form=Form.PARTITION if name else Form.PARTITIONS, ca=ca, rest=name)
    stem, dot, suffix = ca.rpartition(".")
    form = _SUFFIXES[area].get(dot + suffix)
    return Address(area=area, form=form, ca=stem) if form and stem and not slash else None
