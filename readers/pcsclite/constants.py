"""Numbers of pcsc-lite's protocol and of PC/SC, with the header of pcsc-lite that defines each group."""

from __future__ import annotations

from enum import IntEnum, IntFlag

# --- winscard_msg.h: PROTOCOL_VERSION_*; 4:4 is pcsc-lite 1.8.24 to 2.2, 4:5 is 2.3 and 2.4, 4:6 is 2.5
VERSION_MAJOR = 4
VERSION_MINORS = (4, 5, 6)
LATEST_MINOR = VERSION_MINORS[-1]

# --- pcsclite.h
MAX_READER_NAME = 128  # MAX_READERNAME, the NUL included
MAX_ATR = 33  # MAX_ATR_SIZE
MAX_READERS = 16  # PCSCLITE_MAX_READERS_CONTEXTS: no 4:4 or 4:5 client can see more
MAX_ATTRIBUTE = 264  # MAX_BUFFER_SIZE
MAX_MESSAGE = 65548  # MAX_BUFFER_SIZE_EXTENDED: 4 + 3 + 65536 + 3 + 2

# --- pcscd.h
MAX_CLIENTS = 200  # PCSC_MAX_CONTEXT_THREADS
MAX_HANDLES = 200  # PCSC_MAX_CONTEXT_CARD_HANDLES
LOCK_WAIT_S = 0.1  # PCSCLITE_LOCK_POLL_RATE


class Command(IntEnum):
    """What a client asks (winscard_msg.h ``enum pcsc_msg_commands``). 03, 0C and 0E exist in no library in use."""

    ESTABLISH_CONTEXT = 0x01
    RELEASE_CONTEXT = 0x02
    CONNECT = 0x04
    RECONNECT = 0x05
    DISCONNECT = 0x06
    BEGIN_TRANSACTION = 0x07
    END_TRANSACTION = 0x08
    TRANSMIT = 0x09
    CONTROL = 0x0A
    STATUS = 0x0B
    CANCEL = 0x0D
    GET_ATTRIB = 0x0F
    SET_ATTRIB = 0x10
    VERSION = 0x11
    GET_READERS_STATE = 0x12
    WAIT_READER_STATE_CHANGE = 0x13
    STOP_WAITING_READER_STATE_CHANGE = 0x14
    GET_READER_EVENTS = 0x15
    GET_READERS_STATE_SIZE = 0x16
    GET_READERS_STATE_ARRAY = 0x17


class Rv(IntEnum):
    """Return values (pcsclite.h ``ErrorCodes``), those that this service gives."""

    SUCCESS = 0
    CANCELLED = 0x80100002
    INVALID_HANDLE = 0x80100003
    INVALID_PARAMETER = 0x80100004
    NO_MEMORY = 0x80100006
    INSUFFICIENT_BUFFER = 0x80100008
    UNKNOWN_READER = 0x80100009
    SHARING_VIOLATION = 0x8010000B
    NO_SMARTCARD = 0x8010000C
    PROTO_MISMATCH = 0x8010000F
    INVALID_VALUE = 0x80100011
    COMM_ERROR = 0x80100013
    NOT_TRANSACTED = 0x80100016
    READER_UNAVAILABLE = 0x80100017
    SERVICE_STOPPED = 0x8010001E
    UNSUPPORTED_FEATURE = 0x8010001F
    UNPOWERED_CARD = 0x80100067
    RESET_CARD = 0x80100068
    REMOVED_CARD = 0x80100069


class Scope(IntEnum):
    """Scopes of a context (pcsclite.h)."""

    USER = 0
    TERMINAL = 1
    SYSTEM = 2
    GLOBAL = 3


class Share(IntEnum):
    """Sharing modes of a handle (pcsclite.h)."""

    EXCLUSIVE = 1
    SHARED = 2
    DIRECT = 3


class Disposition(IntEnum):
    """What becomes of the card at the end, or at a reconnection (pcsclite.h)."""

    LEAVE = 0
    RESET = 1
    UNPOWER = 2
    EJECT = 3


class Protocol(IntFlag):
    """Transmission protocols (pcsclite.h); ANY_OLD is winscard.c's ``SCARD_PROTOCOL_ANY_OLD``."""

    UNDEFINED = 0
    T0 = 1
    T1 = 2
    RAW = 4
    ANY_OLD = 0x1000


class CardState(IntFlag):
    """State of a slot as its clients see it (pcsclite.h, used with SCardStatus)."""

    NONE = 0
    ABSENT = 0x02
    PRESENT = 0x04
    POWERED = 0x10
    NEGOTIABLE = 0x20


READY = CardState.PRESENT | CardState.POWERED | CardState.NEGOTIABLE
EXCLUSIVE_SHARING = -1  # eventhandler.h PCSCLITE_SHARING_EXCLUSIVE_CONTEXT; otherwise a count of handles


class Attribute(IntEnum):
    """Attributes of a reader that SCardGetAttrib answers (reader.h ``SCARD_ATTR_*``)."""

    VENDOR_NAME = 0x00010100
    VENDOR_IFD_TYPE = 0x00010101
    VENDOR_IFD_VERSION = 0x00010102
    CHANNEL_ID = 0x00020110
    ASYNC_PROTOCOL_TYPES = 0x00030120
    CURRENT_PROTOCOL_TYPE = 0x00080201
    ICC_PRESENCE = 0x00090300
    ICC_INTERFACE_STATUS = 0x00090301
    ATR_STRING = 0x00090303
    MAXINPUT = 0x0007A007
    DEVICE_UNIT = 0x7FFF0001
    DEVICE_FRIENDLY_NAME = 0x7FFF0003
    DEVICE_SYSTEM_NAME = 0x7FFF0004


# --- reader.h: SCARD_CTL_CODE(3400), PC/SC part 10 features and TLV properties
IOCTL_GET_FEATURE_REQUEST = 0x42000D48
IOCTL_GET_TLV_PROPERTIES = 0x42330012  # ours to choose; the CCID driver's number, so that logs read alike
FEATURE_GET_TLV_PROPERTIES = 0x12
PROPERTY_PPDU_SUPPORT = 0x09
PROPERTY_MAX_APDU_DATA_SIZE = 0x0A
PROPERTY_VENDOR_ID = 0x0B
PROPERTY_PRODUCT_ID = 0x0C
MAX_APDU_DATA_SIZE = 0x10000
