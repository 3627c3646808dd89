"""The store's network side, by pynetdicom: who may speak, how much, in which form; each object goes to a receiver."""

import socket
from collections.abc import Callable
from threading import Thread
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, _config, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    EnhancedMRImageStorage,
    MRImageStorage,
    Verification,
)
from pynetdicom.transport import ThreadedAssociationServer

from syntherm.adapters.scanner.stream import shown
from syntherm.dicom.config import Config
from syntherm.dicom.facts import Status
from syntherm.dicom.limits import LimitedSocket
from syntherm.dicom.receiver import Answer

_LEAST_UNIT: Final = 65_536
"""A request for an association may be as large, whatever the size of data units."""
_NAMED: Final = 2
"""Kinds of objects that are named in one line."""
_MORE_DOORS: Final = 2
"""Connections besides the associations: one that is not yet asked for, and one that is about to end."""
_OUTSTANDING: Final = 1
"""Requests that may wait behind the one that is answered: by the standard none, unless agreed."""

Store = Callable[[bytes, bool], Answer]


class ListenRefused(Exception):
    """The address cannot be had. One line."""


class Server:
    """Listens until it is closed."""

    def __init__(self, config: Config, store: Store, say: Callable[[str], None]) -> None:
        """Raises ListenRefused."""
        self._config, self._store, self._say = config, store, say
        listen = config.listen
        # Its own handlers put every message into words for a log that nobody reads.
        _config.LOG_HANDLER_LEVEL = "none"
        entity = AE(ae_title=listen.ae_title)
        entity.require_called_aet = True
        entity.require_calling_aet = list(config.calling)
        entity.maximum_associations = listen.associations
        entity.maximum_pdu_size = listen.largest_pdu_bytes
        entity.network_timeout = listen.idle_s
        entity.acse_timeout = entity.dimse_timeout = listen.stalled_s
        forms = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
        for kind in (MRImageStorage, EnhancedMRImageStorage, Verification):
            entity.add_supported_context(kind, forms)
        try:
            self._server = entity.make_server(
                (listen.host, listen.port), evt_handlers=self._handlers(), server_class=_limited(config, say)
            )
        except OSError as error:
            raise ListenRefused(f"cannot listen on {listen.host}:{listen.port}: {error.strerror or error}") from error
        entity._servers.append(self._server)  # as its own start_server, which takes no class of server
        self._entity = entity
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="store", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Where it really listens."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Take connections."""
        self._thread.start()

    def close(self) -> None:
        """End every association and give up the address."""
        self._entity.shutdown()

    def _handlers(self) -> list[evt.EventHandlerType]:
        return [
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_PDU_RECV, _watch(self._config.listen.largest_object_bytes)),
            (evt.EVT_ACCEPTED, self._on_accepted),
            (evt.EVT_REJECTED, lambda event: self._on(event, "was refused an association")),
            (evt.EVT_ABORTED, lambda event: self._on(event, "ended its association without goodbye")),
        ]

    def _on_store(self, event: evt.Event) -> Dataset:
        request = event.request
        data = request.DataSet.getvalue() if isinstance(request, C_STORE) and request.DataSet is not None else b""
        # One that came in a single unit is here before its association ends.
        large = len(data) > self._config.listen.largest_object_bytes
        implicit = event.context.transfer_syntax == ImplicitVRLittleEndian
        answer = Answer(Status.TOO_LARGE) if large else self._store(data, implicit)
        told = Dataset()
        told.Status = int(answer.status)
        if answer.comment:
            told.ErrorComment = answer.comment
        return told

    def _on_accepted(self, event: evt.Event) -> None:
        self._on(event, "connected")
        refused = [str(context.abstract_syntax) for context in event.assoc.rejected_contexts[:_NAMED]]
        if refused:
            taken = "set the scanner to send MR or Enhanced MR Image Storage, uncompressed, little endian"
            self._on(event, f"offers what is not taken ({shown(', '.join(refused))}); {taken}")

    def _on(self, event: evt.Event, what: str) -> None:
        requestor = event.assoc.requestor
        self._say(f"{shown(requestor.ae_title)} at {requestor.address} {what}")


def _watch(largest_object: int) -> Callable[[evt.Event], None]:
    """Ends an association by which too large an object comes, or one request before the last was answered."""

    def on_unit(event: evt.Event) -> None:
        if not isinstance(event.pdu, P_DATA_TF):
            return
        held = sum(len(item) for item in event.pdu.presentation_data_value_items)
        message = event.assoc.dimse.message
        if message is not None:
            held += sum(each.tell() for each in (message.data_set, message.encoded_command_set) if each is not None)
        if held > largest_object:
            _end(event, f"an object of more than {largest_object} bytes")
        elif event.assoc.dimse.msg_queue.qsize() > _OUTSTANDING:
            _end(event, "requests before the last was answered")

    return on_unit


def _end(event: evt.Event, why: str) -> None:
    transport = event.assoc.dul.socket
    if transport is not None and isinstance(transport.socket, LimitedSocket):
        transport.socket.refuse(why)


def _limited(config: Config, say: Callable[[str], None]) -> type[ThreadedAssociationServer]:
    listen = config.listen

    class _Limited(ThreadedAssociationServer):
        """Lets only so many in, and only by limited sockets."""

        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
            accepted, address = super().get_request()
            largest = max(listen.largest_pdu_bytes, _LEAST_UNIT)
            return LimitedSocket(accepted, largest, listen.stalled_s, say), address

        def verify_request(self, request: object, client_address: object) -> bool:
            if len(self.active_associations) < listen.associations + _MORE_DOORS:
                return True
            say(f"{shown(str(client_address))} was turned away: {listen.associations} associations are the most")
            return False

    return _Limited
