"""await_reader.py READER known|present|empty SECONDS: status 0 once PC/SC says so, 1 when it does not in time."""

import sys
import time

from smartcard import scard

WANTED = {"known": 0, "present": scard.SCARD_STATE_PRESENT, "empty": scard.SCARD_STATE_EMPTY}
EVENT_BITS = 0xFFFF


def main(reader: str, state: str, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    while result != scard.SCARD_S_SUCCESS:
        if time.monotonic() > deadline:
            return 1
        time.sleep(0.01)
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    known = scard.SCARD_STATE_UNAWARE
    while (left := deadline - time.monotonic()) > 0:
        result, states = scard.SCardGetStatusChange(context, int(left * 1000) + 1, [(reader, known)])
        if result == scard.SCARD_E_UNKNOWN_READER:
            time.sleep(0.01)
            continue
        if result != scard.SCARD_S_SUCCESS:
            return 1
        known = states[0][1] & ~scard.SCARD_STATE_CHANGED
        if WANTED[state] == 0 or known & WANTED[state]:
            return 0
    return 1


sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
