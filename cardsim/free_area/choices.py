"""What is not public about the free area, and what this card does: rows of ``cardsim.choices``."""

from __future__ import annotations

from typing import Final

FREE_AREA: Final = (
    (
        "free.management",
        "Which commands manage the free area (空き領域)?",
        (
            "GlobalPlatform 2.3.1 card management behind SCP03 (i=70) at the card manager and at a security domain for "
            "each provider: INSTALL, LOAD, DELETE, PUT KEY, SET STATUS, GET STATUS, GET DATA FF21."
        ),
        (
            "The real ones (カードアプリケーション搭載システム) are not public; the card is a GlobalPlatform one "
            "(soltia48/myna-card)."
        ),
    ),
    (
        "free.memory",
        "How large is the free area?",
        (
            "16,384 bytes: a domain takes 256, a package its length, an application 64, 32 a PIN or key, and 32 an EF "
            "beside its content. 6A84 when something does not fit, and nothing of it stays."
        ),
        "The real size is not public. Round numbers, so that a test can fill it.",
    ),
    (
        "free.applications",
        "What is an application in the free area?",
        (
            "A description that its provider signs (ECDSA, P-256) and the card interprets: EFs, records, counters, "
            "purses, tickets, PINs, keys, and who may do what. No code."
        ),
        "What towns load is not public either; this is enough for a library, a gate, points and tickets.",
    ),
    (
        "free.channel",
        "When does a secure channel end?",
        (
            "At a wrong MAC, a replay, a command out of order, badly encrypted or in clear (all 6982), at reset and at "
            "a SELECT by name that finds something. A command that is understood and refused leaves it open."
        ),
        "GlobalPlatform Card Specification Amendment D v1.1.2 clause 6 for the first; the rest is the careful reading.",
    ),
    (
        "free.challenge",
        "When does the counter behind the card's challenge move?",
        (
            "At each INITIALIZE UPDATE, and it is stored before the answer leaves. A new domain goes on from the "
            "counter of the issuer, which is never behind that of a domain that was deleted."
        ),
        "No challenge comes twice, whatever becomes of the session or the domain: a recorded session never fits.",
    ),
    (
        "free.levels",
        "Which security levels may EXTERNAL AUTHENTICATE ask for?",
        "01, 03, 11, 13 and 33; 6A86 for 00. First PINs, keys and a new PIN have to come encrypted, else 6982.",
        "A channel that secures nothing is none.",
    ),
    (
        "free.transactions",
        "What if the card is torn away in the middle of a payment or of redeeming a ticket?",
        (
            "COUNT, CREDIT, DEBIT, ISSUE and REDEEM carry a name of 8 bytes that the terminal chose. The same again is "
            "answered again and done once; another name is another transaction. The last one is remembered."
        ),
        "The terminal that got no answer asks again: nothing happens twice and nothing is lost.",
    ),
    (
        "free.locked",
        "SELECT of a locked application?",
        "6A82: SELECT passes it over.",
        "GlobalPlatform Card Specification 2.3.1 clause 5.3.1.3: a locked application is not selectable.",
    ),
    (
        "free.locked-by",
        "Who unlocks an application?",
        (
            "The issuer any; a domain its own, unless the issuer locked it: then SET STATUS and INSTALL [for make "
            "selectable] are 6985. DELETE stays allowed: the holder's data go with it."
        ),
        "GlobalPlatform Card Specification 2.3.1 clauses 9.6 and 11.10: the issuer's lock stands above the provider.",
    ),
    (
        "free.unblock",
        "How is a blocked PIN reset?",
        (
            "RESET RETRY COUNTER through the issuer's channel, with the application's AID in 4F and a new PIN in 81. "
            "A PIN that was never set stays so (6985)."
        ),
        "The municipal counter can; how is not public.",
    ),
)
"""Id, question, choice and why."""
