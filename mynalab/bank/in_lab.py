"""What the bank has in a lab: its rows, its private key, its token as a tenant, its registration as a client."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from mynalab.authapp.clients import register_client
from mynalab.bank.config import NAME_JA
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part, refusals_explained, taking_turns, write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator

CLIENT_ID: Final = "MIHONBANK"
TENANT: Final = "mihon-bank"
_SCOPES: Final = ("openid", "sign")
"""No attribute is asked for: those of the certificate come from the operator."""
_KEY_BITS: Final = 2048


def bank_directory(lab: Lab) -> Path:
    """For its owner alone; made when it is not there."""
    directory = lab.paths.root / "bank"
    with refusals_explained(directory):
        directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def client_key(lab: Lab) -> RSAKey:
    """The key of private_key_jwt, which is made at the first use."""
    path = bank_directory(lab) / "client-key.json"
    with taking_turns(path.parent):
        if not path.exists():
            key = RSAKey.generate_key(_KEY_BITS, {"use": "sig", "alg": "RS256"}, auto_kid=True)
            write_atomically(path, json.dumps(key.as_dict(private=True)).encode(), mode=0o600)
    try:
        return RSAKey.import_key(json.loads(read_part(path)))
    except (JoseError, ValueError, TypeError) as error:
        raise LabBrokenError(f"{path} holds no key", hint="remove the file: another is made in its place") from error


def register(lab: Lab, callback: str) -> None:
    """At the lab's authentication service, which heeds it at once."""
    register_client(
        lab,
        CLIENT_ID,
        redirect_uris=(callback,),
        jwks=client_key(lab).as_dict(private=False),
        name=NAME_JA,
        scopes=_SCOPES,
    )


def tenant_token(operator: LabOperator, *, now: datetime) -> str:
    """The bank's token at the lab's operator: the one that is there, or a new one."""
    kept = operator.token(TENANT)
    if kept is not None and operator.desk_of(kept) is not None:
        return kept
    known = any(one.name == TENANT for one in operator.tenants())
    return operator.renew(TENANT) if known else operator.add(TENANT, now=now)
