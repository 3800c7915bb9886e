"""The provider's own keys in a lab: made on first use, readable by their owner alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from apdu.ports import RandomBytes
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part, taking_turns, write_atomically
from mynalab.lab.lab import Lab

FILE: Final = "authapp-keys.json"
_SALT_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """``id_token`` signs ID tokens (ES256), ``access_token`` access tokens (RS256); ``salt`` keys sub."""

    id_token: ECKey = field(repr=False)
    access_token: RSAKey = field(repr=False)
    salt: bytes = field(repr=False)

    def jwks(self) -> dict[str, Any]:
        """The public halves."""
        return {
            "keys": [
                {**self.access_token.as_dict(private=False), "use": "sig", "alg": "RS256"},
                {**self.id_token.as_dict(private=False), "use": "sig", "alg": "ES256"},
            ]
        }


def provider_keys(lab: Lab, *, rng: RandomBytes) -> ProviderKeys:
    """The lab's, which are made when it has none yet."""
    path = lab.paths.root / FILE
    with taking_turns(lab.paths.root):
        if not path.exists():
            made = {
                "id_token": ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True),
                "access_token": RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True),
                "salt": rng(_SALT_SIZE).hex(),
            }
            write_atomically(path, json.dumps(made, indent=2).encode(), mode=0o600)
        raw = read_part(path)
    try:
        document = json.loads(raw)
        return ProviderKeys(
            ECKey.import_key(document["id_token"]),
            RSAKey.import_key(document["access_token"]),
            bytes.fromhex(document["salt"]),
        )
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise LabBrokenError(
            f"{path} cannot be read", hint="remove it: new keys are made, and every sub changes"
        ) from error
