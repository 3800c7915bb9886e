"""pykcs11_sign.py MODULE TOKEN PIN ID INPUT OUTPUT: signs INPUT twice in one session with PyKCS11."""

import sys
from pathlib import Path

import PyKCS11
from PyKCS11 import CKA_CLASS, CKA_ID, CKO_PRIVATE_KEY

module, token, pin, key_id, source, target = sys.argv[1:]
library = PyKCS11.PyKCS11Lib()
library.load(module)
[slot] = [slot for slot in library.getSlotList(tokenPresent=True) if library.getTokenInfo(slot).label.strip() == token]
session = library.openSession(slot)
session.login(pin)
[key] = session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY), (CKA_ID, (int(key_id, 16),))])
mechanism = PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None)
first, second = (bytes(session.sign(key, Path(source).read_bytes(), mechanism)) for _ in range(2))
assert first == second, "PKCS #1 v1.5 signatures have no salt"
Path(target).write_bytes(first)
session.logout()
