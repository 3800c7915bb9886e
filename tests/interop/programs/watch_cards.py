"""Waits for a card and for its removal through pyscard's monitor, and says so."""

import threading

from smartcard.CardMonitoring import CardMonitor, CardObserver
from smartcard.util import toHexString


class Sayer(CardObserver):
    def update(self, observable, handlers):
        added, removed = handlers
        for card in added:
            print(f"inserted {card.reader} {toHexString(card.atr, 1)}", flush=True)
        for card in removed:
            print(f"removed {card.reader}", flush=True)


monitor = CardMonitor()
monitor.addObserver(Sayer())
print("watching", flush=True)
threading.Event().wait()
