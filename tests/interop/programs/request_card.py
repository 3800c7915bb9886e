"""Waits for a card with pyscard's CardRequest, asks it for the tries of a PIN, waits until it is gone."""

from smartcard import scard
from smartcard.CardRequest import CardRequest
from smartcard.util import toBytes, toHexString

SELECT_JPKI = toBytes("00A4040C0AD392F000260100000001")

request = CardRequest(timeout=20)
print("waiting", flush=True)
service = request.waitforcard()
service.connection.connect()
for command in (SELECT_JPKI, toBytes("00A4020C020018"), toBytes("00200080")):
    data, sw1, sw2 = service.connection.transmit(command)
    print(f"{toHexString(command, 1)} -> {sw1:02X}{sw2:02X}", flush=True)
reader = service.connection.getReader()
service.connection.disconnect()

_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
result, states = scard.SCardGetStatusChange(context, 20_000, [(reader, scard.SCARD_STATE_PRESENT)])
while not result and not states[0][1] & scard.SCARD_STATE_EMPTY:
    state = states[0][1] & ~scard.SCARD_STATE_CHANGED
    result, states = scard.SCardGetStatusChange(context, 20_000, [(reader, state)])
print("gone" if not result else scard.SCardGetErrorMessage(result), flush=True)
