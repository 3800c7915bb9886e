"""What is not public about the card, and what this one does: the source of the page on design choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cardsim.free_area.choices import FREE_AREA


@dataclass(frozen=True, slots=True)
class Choice:
    """One unknown. ``id`` is the address that tests and code refer to."""

    id: str
    question: str
    choice: str
    why: str


CHOICES: Final = (
    Choice(
        "select.fci",
        "What does SELECT with P2 00 return?",
        "An application: `6F {84 AID}`. An EF: `6F {80 size, 82 descriptor, 83 id}`, without a size for PINs and keys. "
        "Nothing without Le; 6700 when Le is too small.",
        "No source shows the bytes; these are the least that ISO/IEC 7816-4 clause 7.4 asks for. "
        "The size of a PIN EF would tell the PIN's length.",
    ),
    Choice(
        "select.empty-name",
        "SELECT by name without a name?",
        "The card manager is selected.",
        "GlobalPlatform Card Specification 2.3.1 clause 11.9.2 has it so; it is the default application at power-on.",
    ),
    Choice(
        "select.next",
        "In which order does next occurrence go?",
        "Card manager, then the applications in the order of the image, from the selected one on; 6A82 at the end.",
        "Only that the command works is published (soltia48/myna-card).",
    ),
    Choice(
        "select.failed",
        "What is selected after a SELECT that failed?",
        "Whatever was before, with its current EF and its security status.",
        "ISO/IEC 7816-4 clause 11.2.2; clients probe for applications that are not there.",
    ),
    Choice(
        "select.by-id",
        "SELECT with P1 00 and an identifier?",
        "An EF of the current application is found; all else, 3F00 included, is 6A82.",
        "3F00 gives 6A82 on a real card, so P1 00 looks something up.",
    ),
    Choice(
        "select.same-application",
        "Does SELECT of the application already selected keep the security status?",
        "No by default; yes in the profiles that end in `-keep`. The current EF is dropped in both.",
        "OpenSC logs out that way, pyjpki works only if it is kept. Clients should survive both.",
    ),
    Choice(
        "atr.default",
        "Which ATR does a card have unless told otherwise?",
        "C2, `3BDA13FF8131FB468012392F31C173C601C03B`.",
        "pcsc-tools names it My Number Card, and it declares extended lengths. Who made which card is not public.",
    ),
    Choice(
        "atr.extended-length",
        "What does a card do whose ATR declares no extended lengths?",
        "Profile C3 answers extended APDUs with 6700; all others accept them.",
        "Its capability bytes say so; no measurement is published. It gives clients something to fall back from.",
    ),
    Choice(
        "atr.5f51",
        "Where does GET DATA 5F51 answer, and what on a contactless profile?",
        "At the card manager only; the contact ATR that soltia48/myna-card measured when the profile is contactless.",
        "Real cards differ. A card has both interfaces, so it has a contact ATR in either case.",
    ),
    Choice(
        "atr.interfaces",
        "Does a card behave otherwise over its contacts than without?",
        "No: a plastic card's profile changes the ATR, extended lengths (C3), the security status (`-keep`) and the "
        "lengths in records (`-long`), nothing else.",
        "No difference is published, in access rights or elsewhere.",
    ),
    Choice(
        "file.certificate-size",
        "How large are the certificate EFs, and with what are they filled?",
        "2,048 bytes, or the next multiple of 256 above the certificate; filled with FF.",
        "Sizes are not public; FF was seen on test cards, and clients must read on past the certificate.",
    ),
    Choice(
        "file.absent-certificate",
        "What is on a card without a certificate (a child's)?",
        "All EFs are there: the certificate full of FF, the key empty, the PIN never set and blocked (63C0, 6984). "
        "EF 0008 says 00 for it.",
        "OpenSC binds only if both PINs answer the query; nothing is published but the form of EF 0008.",
    ),
    Choice(
        "file.availability-third-byte",
        "What is the third byte of EF 0008?",
        "00.",
        "The measured cards have `8F8F00` (soltia48/myna-card); what it stands for is not known.",
    ),
    Choice(
        "file.unexplained",
        "What about the JPKI EFs 0005, 0010, 0019 and 001C, seen in one client's constants each?",
        "They are absent (6A82). 0009 is sixteen FF that nobody may read; 0016 and 001E can be selected only.",
        "Nothing is known of the first four; the others are measured (soltia48/myna-card).",
    ),
    Choice(
        "file.unexplained-elsewhere",
        "And the unexplained EFs of the other applications?",
        "Text 0008 is sixteen FF that nobody may read; face 0006 the same after 照合番号A or B. 001E can be selected "
        "only, everywhere. Text 0010 and 001C, face 0014, 0015 and 001C are absent.",
        "Content and rights of face 0006 are measured (soltia48/myna-card), of text 0008 the content alone.",
    ),
    Choice(
        "file.serial",
        "Which numbers carry the identity of a card?",
        "CIN is the 15-digit serial number, the token's serialNumber the same with a 0 before it. IIN is the lab's.",
        "Clients cache by them; their real relation is not public.",
    ),
    Choice(
        "file.cv-certificates",
        "Which objects of GET DATA are there?",
        "IIN, CIN, recognition data, municipality code, expiry and contact ATR; 00F7, 00F8 and 7F21 when the issuer "
        "has a CV chain. 00F3: 6A88.",
        "Card-verifiable certificates are absent on some real cards too; nothing is known of 00F3.",
    ),
    Choice(
        "data.in-application",
        "GET DATA while an application is selected?",
        "6A88 for every tag.",
        "It must fail there (OpenSC's probe for another card); the real status word is not published.",
    ),
    Choice(
        "read.no-le",
        "READ BINARY, READ RECORD, GET DATA or GET CHALLENGE without Le?",
        "6700.",
        "Le absent asks for nothing; an answer without data and 9000 makes clients loop for ever.",
    ),
    Choice(
        "read.short-id",
        "When does a short EF identifier make its EF current?",
        "As soon as the EF exists, in READ, VERIFY, CHANGE and signing alike, even if the command is then refused. "
        "Identifier 0 is the current EF.",
        "ISO/IEC 7816-4 clause 7.3.2 for the success; the rest is the simplest rule.",
    ),
    Choice(
        "read.record",
        "READ RECORD?",
        "One record by number, cut to Le; 6A83 for number 0 and past the last, 6A81 for several at once, 6981 on an EF "
        "without records, 6986 without an EF.",
        "Two forms are measured (soltia48/myna-card, jpki/myna); the codes are those that JICSAP gives.",
    ),
    Choice(
        "record.length-form",
        "How are the lengths of name, address and pictures written in the records?",
        "One byte below 128, else `82 hi lo`; always `82 hi lo` in the profiles that end in `-long`. Never `81`.",
        "Older and newer cards differ (tex2e/secminicamp2023-mynumber); no card was seen with `81`, and clients fail "
        "on it.",
    ),
    Choice(
        "pin.wrong-length",
        "VERIFY with a value of an impossible length or with illegal characters?",
        "A wrong try like any other: 63Cx, one try less.",
        "Nothing is published. A client that passes here never loses more tries on a real card than it lost here.",
    ),
    Choice(
        "pin.query",
        "The retry query after a successful VERIFY, or on a blocked PIN?",
        "63Cx with the real counter, 63C0 when blocked; never 9000, 6983 or 6984.",
        "OpenSC does not bind the card otherwise; both were measured on some cards.",
    ),
    Choice(
        "pin.blocked",
        "VERIFY on a blocked PIN?",
        "6984, and the value is not compared.",
        "Measured by soltia48/myna-card; a few clients wait for 6983.",
    ),
    Choice(
        "pin.failure-clears",
        "Does a wrong VERIFY take back an earlier right one?",
        "Yes, of the same PIN.",
        "ISO/IEC 7816-4 clause 11, VERIFY, lets it; the careful reading.",
    ),
    Choice(
        "pin.le",
        "VERIFY or CHANGE with a value and with Le?",
        "Le is ignored.",
        "Nothing comes back in either case, and T=0 habits put it there.",
    ),
    Choice(
        "pin.change-rule",
        "Does CHANGE REFERENCE DATA check the new PIN?",
        "Yes: 4 digits, or 6 to 16 of A-Z and 0-9; else 6A80. P1 01 only. The status stays verified.",
        "Municipal terminals demand it; whether the card does is not public. A letter and a digit are not both needed.",
    ),
    Choice(
        "pin.birth-tries",
        "How many tries has the birth-date PIN (face 0011)?",
        "Ten, as both reference numbers beside it.",
        "No source tells; a client that asks three times at most loses nothing.",
    ),
    Choice(
        "pin.shared-references",
        "Does 照合番号A or B have one counter for the text and the card-face application?",
        "No: each application counts for itself.",
        "They are separate EFs in separate applications; nothing else is published.",
    ),
    Choice(
        "pin.change-command",
        "Which PINs can be changed, with which command?",
        "CHANGE REFERENCE DATA (00 24): both of JPKI and that of the text application. CHANGE KEY (80 32): those of "
        "the common application and the registry. Any other pair, and every reference number: 6982.",
        "The pairs are measured (soltia48/myna-card); what a wrong pair answers is not.",
    ),
    Choice(
        "pin.memory-failure",
        "What if the new counter cannot be stored?",
        "6581, nothing is compared or granted, and the card goes on with what is stored.",
        "ISO/IEC 7816-4 clause 5.6; no try may be free.",
    ),
    Choice(
        "sign.length",
        "Which status for which bad length in COMPUTE DIGITAL SIGNATURE?",
        "6700 without data, or with Le absent or below 256; 6985 for data that the operation does not take.",
        "Both codes were measured (soltia48/myna-card), not which is for what.",
    ),
    Choice(
        "sign.order",
        "Which complaint comes first?",
        "P1, P2, absent data or Le, the EF (6986, 6A82, 6981), the PIN (6982), the length of the data.",
        "Not public; what is known without the PIN comes first.",
    ),
    Choice(
        "sign.default-key",
        "P2 00?",
        "The key 0013 of the text and 001A of the card-face application, without a PIN; 6A88 in the others.",
        "Seen at work there (soltia48/myna-card, AokiApp/jsapdu e2e).",
    ),
    Choice(
        "sign.internal-authenticate",
        "INTERNAL AUTHENTICATE?",
        "Common application, key 0019, P2 99 or 80: a SHA-256 signature of 1 to 255 bytes, 6700 otherwise. The keys of "
        "the text and card-face application: 6985. Elsewhere 6982. Key 0019 signs nothing else (6982).",
        "All but the lengths and the last sentence is measured (soltia48/myna-card).",
    ),
    Choice(
        "sign.class",
        "Which class does COMPUTE DIGITAL SIGNATURE take?",
        "80 and 00.",
        "All clients send 80; the ISO class is accepted with the same parameters.",
    ),
    Choice(
        "sign.pss-salt",
        "How long is the salt of PSS?",
        "32 bytes, MGF1 with SHA-256. It comes from the cryptography library, not from the lab's seed.",
        "RFC 8017 clause 9.1; the real length is not published.",
    ),
    Choice(
        "class.channels",
        "Other logical channels?",
        "6881 for every class that names one.",
        "Measured by soltia48/myna-card for 01-03.",
    ),
    Choice(
        "class.secure-messaging",
        "Secure messaging?",
        "In the text application, after SET SESSION KEY, class 08. Elsewhere 6882 for every class with its bits.",
        "Measured (soltia48/myna-card): SET SESSION KEY is 6982 in JPKI and registry, 66F1 in the common and card-face "
        "application.",
    ),
    Choice(
        "sm.commands",
        "Which commands does it secure?",
        "VERIFY and SELECT of an EF with a cryptogram, READ BINARY with the length wanted; others 6882; N moves on.",
        "No other was seen (soltia48/myna-card).",
    ),
    Choice(
        "sm.errors",
        "Which error ends the session?",
        "6988 (a wrong or missing object, wrong padding) and 6987 (class 0C); afterwards, or without a session, 69FC; "
        "SELECT of class 08 without one 6882. A refusal by the application (6A82, 63Cx) leaves it.",
        "The codes are measured (soltia48/myna-card), not that 6987 ends it.",
    ),
    Choice(
        "sm.clear",
        "What does a command in clear do to a session?",
        "Nothing: it is served and N stays. SELECT of an application and reset end the session.",
        "The second half is measured (soltia48/myna-card).",
    ),
    Choice(
        "sm.fault-code",
        "What if the cryptogram of SET SESSION KEY is not below the modulus?",
        "6F00, the only command that answers so.",
        "Measured (soltia48/myna-card); 6A80 for all else that does not decrypt to a seed.",
    ),
    Choice(
        "class.chaining",
        "Command chaining (CLA 10)?",
        "6884.",
        "C2's ATR seems to declare it, no client uses it, no behaviour is published.",
    ),
    Choice(
        "class.others",
        "Other classes and instructions?",
        "6E00 for classes (FF included, meant for readers), 6D00 for instructions, MANAGE SECURITY ENVIRONMENT and "
        "those of the other class included.",
        "ISO/IEC 7816-4 clause 5.6; no client sends them.",
    ),
    Choice(
        "command.issuer",
        "Commands of the issuer: RESET RETRY COUNTER, EXTERNAL AUTHENTICATE, LOCK, UNLOCK, …?",
        "6982 in every application; at the card manager only what the free area brings.",
        "They exist (soltia48/myna-card after JICSAP), and no public client can complete one.",
    ),
    Choice(
        "command.terminal",
        "SET PUBLIC IC KEY (80 A2)?",
        "6700 for P1-P2 00C1 and 06C1, else 6A86.",
        "Measured with dummy data (mynatest, jsapdu); how it ends well is not public.",
    ),
    Choice(
        "card.terminated",
        "What does a card answer that has destroyed itself?",
        "Its ATR, and 6985 to every command, whatever it is. Its keys, PINs, files and free area are wiped before "
        "that; the serial number stays.",
        "The makers promise that an illicit attempt to read the chip breaks it; what it then says is not public.",
    ),
    Choice(
        "phone.profile",
        "What is different on a phone (`android`, `iphone`)?",
        "The token label; EF 000A opens after the authentication PIN; JPKI is the only application, the card manager "
        "has no object; `80 FC 00 00` is 9000 on an iPhone. The ATR is that of a Type A card without historical bytes.",
        "Labels, EF 000A and 80 FC are published (jpki/myna, soltia48/myna-card); the rest is the least that fits.",
    ),
    Choice(
        "next.profile",
        "What is the next generation (`next`)?",
        "OUR DESIGN throughout. 認証AP `F04D594E414C414201`: P-384 keys and certificates under today's EF ids. "
        "券面等AP `F04D594E414C414202`: today's records 0001 (after the password) and 0002 (after either PIN or "
        "照合番号, EF 0015: six digits, ten tries); its PINs and their counters are those of 認証AP. COMPUTE DIGITAL "
        "SIGNATURE: P1 02 (48-byte hash) and 03 (the card hashes with SHA-384), answer r and s, 96 bytes. No program "
        "but ours knows these AIDs: OpenSC sees a card without JPKI.",
        "Announced are ECDSA of 384 bits with SHA-384, two applications, two PINs and six digits of 照合番号 (Digital "
        "Agency's task force, March 2024); what the 照合番号 opens is not: as 照合番号B today, not the number.",
    ),
    Choice(
        "next.pki",
        "Who certifies the keys of a `next` card?",
        "CAs of their own, with the names, policies and extensions of today's, keys on P-384 and ecdsa-with-SHA384 "
        "(RFC 6979). Certificates end with the tenth birthday after issue (eleventh when renewed) or with the card, "
        "CAs after twenty years. A lab makes them with its first such card, signed as of six years before the lab. "
        "The card ends as today, without the month more that is announced. What a log-in or contract signs is the "
        "same statement; its signature is an ECDSA-Sig-Value.",
        "Ten years and renewal in the last are announced; curve, certificate profile, policies, names and CAs are not. "
        "JPKI's three generations of CAs share theirs.",
    ),
    Choice(
        "command.malformed",
        "Bytes that are no command APDU?",
        "6700, before anything else is looked at.",
        "ISO/IEC 7816-4 clause 5.6; a real card never sees them, readers refuse first.",
    ),
    *(Choice(*row) for row in FREE_AREA),
)
"""Every choice, in the order of the page."""


def as_markdown() -> str:
    """The table of the documentation page."""
    rows = [
        f"| `{choice.id}` | {choice.question} | {choice.choice} | {choice.why} |".replace("\n", " ")
        for choice in CHOICES
    ]
    return "\n".join(("| id | question | this card | why |", "|---|---|---|---|", *rows)) + "\n"
