"""Make the pool of lab keys that ships with mynalab: RSA-2048, public on purpose, one PKCS #8 DER in base64 a line.

Run once per release at most: a new pool changes every lab that a seed describes.

    python tools/make_key_pool.py 96 > fixtures/keys/rsa2048.txt
    python tools/make_key_pool.py 40 > fixtures/keys/applications.txt
"""

from __future__ import annotations

import base64
import sys

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HEADER = "# mynalab lab keys: RSA-2048, PKCS #8 DER in base64. PUBLIC ON PURPOSE: never protect anything with them."


def main(count: int) -> None:
    """Write ``count`` fresh keys to standard output."""
    sys.stdout.write(HEADER + "\n")
    for _ in range(count):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        sys.stdout.write(base64.b64encode(der).decode("ascii") + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
