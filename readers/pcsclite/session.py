"""One client's connection: its requests → operations → replies. No sockets here; ``send`` is given.

A request that names a handle or sends bytes that no library sends is a ``ProtocolError``: the caller drops the client,
as pcscd does (winscard_svc.c MSGCheckHandleAssociation), and nobody else notices.
"""

from __future__ import annotations

from collections.abc import Callable

from readers.errors import ProtocolError
from readers.pcsclite.constants import (
    LATEST_MINOR,
    MAX_ATTRIBUTE,
    MAX_HANDLES,
    MAX_READERS,
    VERSION_MAJOR,
    VERSION_MINORS,
    Command,
    Rv,
)
from readers.pcsclite.events import Waiter
from readers.pcsclite.operations import CardService
from readers.pcsclite.slots import Handle, Refusal
from readers.pcsclite.table import ReaderTable
from readers.pcsclite.wire import Request, RequestDecoder, encode_reply, reader_name

_TRANSMIT = Command.TRANSMIT


class Session:
    """Serves one client. ``send`` sends a reply and may block; ``signal`` never blocks; ``alive`` asks for the peer."""

    def __init__(
        self,
        table: ReaderTable,
        service: CardService,
        *,
        send: Callable[[bytes], object],
        signal: Callable[[bytes], object],
        alive: Callable[[], bool],
    ) -> None:
        self._table = table
        self._service = service
        self._send = send
        self._alive = alive
        self._decoder = RequestDecoder()
        self._waiter = Waiter(lambda rv: signal(_signal(rv)))
        self._contexts: dict[int, list[Handle]] = {}
        self._handles: dict[int, Handle] = {}
        table.hub.add(self._waiter)

    def receive(self, received: bytes) -> None:
        """Bytes from the client, in pieces of any size; answers what is whole. ``ProtocolError`` ends the session."""
        decoder = self._decoder
        decoder.feed(received)
        while (request := decoder.next_request()) is not None:
            reply = self.answer(request)
            if reply is not None:
                self._send(reply)

    def answer(self, request: Request) -> bytes | None:
        """The reply to one request; None when there is none, or when it was sent on the way."""
        try:
            return _HANDLERS[request.command](self, request)
        except Refusal as refusal:
            return encode_reply(request.command, *request.fields[:-1], refusal.rv)

    def close(self) -> None:
        """The client is gone: release all that it held."""
        self._table.hub.discard(self._waiter)
        for context in list(self._contexts):
            self._forget(context)

    # --- the connection itself

    def _version(self, request: Request) -> bytes:
        major, minor, _ = request.fields
        if major == VERSION_MAJOR and minor in VERSION_MINORS:
            self._decoder.minor = minor
            return encode_reply(request.command, major, minor, Rv.SUCCESS)
        # Naming the latest lets clients from 2.4.1 on try again with it (winscard_clnt.c).
        return encode_reply(request.command, VERSION_MAJOR, LATEST_MINOR, Rv.SERVICE_STOPPED)

    def _establish(self, request: Request) -> bytes:
        scope, _, _ = request.fields
        context = self._service.establish(scope, self._waiter)
        self._contexts[context] = []
        return encode_reply(request.command, scope, context, Rv.SUCCESS)

    def _release(self, request: Request) -> bytes:
        context, _ = request.fields
        self._check_context(context)
        self._forget(context)
        return encode_reply(request.command, context, Rv.SUCCESS)

    def _cancel(self, request: Request) -> bytes:
        context, _ = request.fields
        self._service.cancel(context)
        return encode_reply(request.command, context, Rv.SUCCESS)

    # --- reader states

    def _states(self, _request: Request) -> bytes:
        return self._table.picture()

    def _states_size(self, request: Request) -> bytes:
        # Constant: libpcsclite 2.5 refuses a count that shrinks (observed).
        return encode_reply(request.command, MAX_READERS)

    def _states_array(self, _request: Request) -> None:
        self._send(self._table.picture())
        self._table.hub.arm(self._waiter)

    def _events(self, request: Request) -> bytes:
        return encode_reply(request.command, self._table.reader_events, Rv.SUCCESS)

    def _wait(self, request: Request) -> None:
        self._table.hub.begin(self._waiter)
        if self._decoder.minor < 6:  # later clients ask for the states themselves
            self._states_array(request)

    def _stop_waiting(self, _request: Request) -> bytes | None:
        rv = self._table.hub.stop(self._waiter)
        return None if rv is None else _signal(rv)

    # --- connections

    def _connect(self, request: Request) -> bytes:
        context, name, share, preferred, _, _, _ = request.fields
        self._check_context(context)
        if len(self._handles) >= MAX_HANDLES:
            raise Refusal(Rv.NO_MEMORY)
        handle = self._service.connect(reader_name(name), share, preferred, alive=self._alive)
        self._handles[handle.number] = handle
        self._contexts[context].append(handle)
        return encode_reply(
            request.command, context, name, share, preferred, handle.number, handle.protocol, Rv.SUCCESS
        )

    def _reconnect(self, request: Request) -> bytes:
        number, share, preferred, initialization, _, _ = request.fields
        protocol = self._service.reconnect(self._handle(number), share, preferred, initialization)
        return encode_reply(request.command, number, share, preferred, initialization, protocol, Rv.SUCCESS)

    def _disconnect(self, request: Request) -> bytes:
        number, disposition, _ = request.fields
        handle = self._handle(number)
        self._service.disconnect(handle, disposition, alive=self._alive)
        del self._handles[number]
        for handles in self._contexts.values():
            if handle in handles:
                handles.remove(handle)
        return encode_reply(request.command, number, disposition, Rv.SUCCESS)

    def _begin(self, request: Request) -> bytes:
        number, _ = request.fields
        self._service.begin(self._handle(number))
        return encode_reply(request.command, number, Rv.SUCCESS)

    def _end(self, request: Request) -> bytes:
        number, disposition, _ = request.fields
        self._service.end(self._handle(number), disposition)
        return encode_reply(request.command, number, disposition, Rv.SUCCESS)

    # --- use

    def _transmit(self, request: Request) -> bytes:
        number, protocol, pci_length, length, recv_protocol, recv_pci_length, room, _ = request.fields
        answer, rv = b"", Rv.SUCCESS
        try:
            answer = self._service.transmit(self._handle(number), protocol, request.data)
        except Refusal as refusal:
            rv = refusal.rv
        size = len(answer)
        if size > room:
            # The card has done its work; the client learns how much room it lacked (winscard_svc.c SCARD_TRANSMIT).
            answer, rv = b"", Rv.INSUFFICIENT_BUFFER
        return encode_reply(
            _TRANSMIT, number, protocol, pci_length, length, recv_protocol, recv_pci_length, size, rv, data=answer
        )

    def _control(self, request: Request) -> bytes:
        number, code, length, room, _, _ = request.fields
        answer, rv = self._service.control(self._handle(number), code), Rv.SUCCESS
        size = len(answer)
        if size > room:
            answer, rv = b"", Rv.INSUFFICIENT_BUFFER
        return encode_reply(request.command, number, code, length, room, size, rv, data=answer)

    def _status(self, request: Request) -> bytes:
        number, _ = request.fields
        self._service.status(self._handle(number))
        return encode_reply(request.command, number, Rv.SUCCESS)

    def _get_attribute(self, request: Request) -> bytes:
        number, attribute, _, room, _ = request.fields
        _check_attribute_size(room)
        value, rv = self._service.get_attribute(self._handle(number), attribute), Rv.SUCCESS
        size = len(value)
        if size > room:
            value, rv = b"", Rv.INSUFFICIENT_BUFFER
        return encode_reply(request.command, number, attribute, value, size, rv)

    def _set_attribute(self, request: Request) -> None:
        number, _, _, size, _ = request.fields
        _check_attribute_size(size)
        self._service.set_attribute(self._handle(number))

    # --- inside

    def _handle(self, number: int) -> Handle:
        try:
            return self._handles[number]
        except KeyError:
            raise ProtocolError(f"the client has no handle {number:#x}") from None

    def _check_context(self, context: int) -> None:
        if context not in self._contexts:
            raise Refusal(Rv.INVALID_VALUE if self._contexts else Rv.INVALID_HANDLE)

    def _forget(self, context: int) -> None:
        for handle in self._contexts.pop(context):
            del self._handles[handle.number]
            self._service.abandon(handle)
        self._service.forget(context)


def _signal(rv: int) -> bytes:
    """The one answer to a wait: time-out (unused) and return value."""
    return encode_reply(Command.STOP_WAITING_READER_STATE_CHANGE, 0, rv)


def _check_attribute_size(size: int) -> None:
    if size > MAX_ATTRIBUTE:
        raise ProtocolError(f"an attribute has at most {MAX_ATTRIBUTE} bytes, not {size}")


_HANDLERS: dict[int, Callable[[Session, Request], bytes | None]] = {
    Command.VERSION: Session._version,
    Command.ESTABLISH_CONTEXT: Session._establish,
    Command.RELEASE_CONTEXT: Session._release,
    Command.CANCEL: Session._cancel,
    Command.GET_READERS_STATE: Session._states,
    Command.GET_READERS_STATE_SIZE: Session._states_size,
    Command.GET_READERS_STATE_ARRAY: Session._states_array,
    Command.GET_READER_EVENTS: Session._events,
    Command.WAIT_READER_STATE_CHANGE: Session._wait,
    Command.STOP_WAITING_READER_STATE_CHANGE: Session._stop_waiting,
    Command.CONNECT: Session._connect,
    Command.RECONNECT: Session._reconnect,
    Command.DISCONNECT: Session._disconnect,
    Command.BEGIN_TRANSACTION: Session._begin,
    Command.END_TRANSACTION: Session._end,
    Command.TRANSMIT: Session._transmit,
    Command.CONTROL: Session._control,
    Command.STATUS: Session._status,
    Command.GET_ATTRIB: Session._get_attribute,
    Command.SET_ATTRIB: Session._set_attribute,
}
