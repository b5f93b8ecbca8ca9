"""One connection's requests and answers: h11 reads and frames, this moves the bytes and bounds each wait.

What h11 takes and this refuses: a body of unknown or excessive length, and a target that is no path.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import IO, Final

import h11

from shared.errors import MalformedInput, ServicehallError
from shared.limits import MAX_BATCH_WIRE_BYTES
from sync_server.problems import problem_document
from sync_server.serving.wsgi_call import Answer

MAX_HEAD_BYTES: Final = 16 * 1024
"""A kiosk's head is 300 bytes; what is longer is nobody we know. Held to within one read more."""

HEAD_S: Final = 10.0
"""From the first byte to the empty line."""
IDLE_S: Final = 60.0
"""Between two requests; a kiosk in a long poll comes back sooner."""
BODY_S: Final = 60.0
"""1 MiB at 140 kbit/s, a bad mobile line."""
WRITE_S: Final = 30.0
"""For each piece of an answer, not for all of it: a pack of 4 MiB takes four minutes on a bad mobile line."""
DRAIN_BYTES: Final = 16 * 1024 * 1024
DRAIN_S: Final = 5.0
_PIECE: Final = 16 * 1024
"""A record of TLS; nothing is read ahead beyond one of them."""
_WRITTEN_AHEAD: Final = 64 * 1024


class Conversation:
    """A connection from its handshake to its end; one request at a time, in the order they came.

    Every method raises TimeoutError when its deadline passed and OSError when the other side is gone.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(_WRITTEN_AHEAD)
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._patience_s = HEAD_S
        self._method = b""

    @property
    def peer(self) -> str:
        """The other side's address, empty where it is gone."""
        name = self._writer.get_extra_info("peername")
        return str(name[0]) if name else ""

    async def read_head(self) -> h11.Request:
        """Return the next request, whose body is still to be read.

        Raises:
            MalformedInput: ``request_malformed``, ``length_required``, ``body_too_large``.
        """
        self._method = b""
        if not self._http.trailing_data[0]:
            async with asyncio.timeout(self._patience_s):
                await self._receive()
        async with asyncio.timeout(HEAD_S):
            request = await self._next_event()
        if not isinstance(request, h11.Request):
            raise MalformedInput("request_malformed", why="head")
        self._method = request.method
        if not request.target.startswith(b"/"):
            raise MalformedInput("request_malformed", why="target")
        fields = dict(request.headers)
        if b"transfer-encoding" in fields:
            raise MalformedInput("length_required")
        length = int(fields.get(b"content-length", b"0"))
        if length > MAX_BATCH_WIRE_BYTES:
            raise MalformedInput("body_too_large", size=length, limit=MAX_BATCH_WIRE_BYTES)
        return request

    async def read_body(self, body: IO[bytes]) -> None:
        """Write the body of the request whose head was read into ``body``, and go to its start.

        Raises:
            MalformedInput: ``request_malformed``.
        """
        if self._http.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=HTTPStatus.CONTINUE, headers=[], reason=b"Continue")
            self._writer.write(self._http.send(go_on))
        async with asyncio.timeout(BODY_S):
            while isinstance(event := await self._next_event(), h11.Data):
                body.write(event.data)
        body.seek(0)

    async def answer(self, answer: Answer, *, is_last: bool) -> bool:
        """Send the answer; tell whether the connection goes on. ``is_last``: it shall not."""
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.fields]
        if is_last:
            fields.append((b"Connection", b"close"))
        response = h11.Response(status_code=answer.status, headers=fields, reason=answer.reason)
        body = h11.Data(data=b"" if self._method == b"HEAD" else answer.body)
        # Joined, so that a small answer is one record of TLS.
        wire = b"".join([self._http.send(response), self._http.send(body), self._http.send(h11.EndOfMessage())])
        for start in range(0, len(wire), _WRITTEN_AHEAD):
            self._writer.write(wire[start : start + _WRITTEN_AHEAD])
            async with asyncio.timeout(WRITE_S):
                await self._writer.drain()
        if self._http.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            return False
        self._http.start_next_cycle()
        self._patience_s = IDLE_S
        return True

    async def refuse(self, error: ServicehallError) -> None:
        """Answer a request that never reaches the program, and read on for a while, or nobody would see the answer."""
        status, content_type, body = problem_document(error)
        fields = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        await self.answer(Answer(status, HTTPStatus(status).phrase, fields, body), is_last=True)
        left = DRAIN_BYTES
        async with asyncio.timeout(DRAIN_S):
            while left > 0 and (piece := await self._reader.read(_PIECE)):
                left -= len(piece)

    async def _next_event(self) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                await self._receive()
        except h11.RemoteProtocolError as error:
            raise MalformedInput("request_malformed", why="head") from error
        return event

    async def _receive(self) -> None:
        piece = await self._reader.read(_PIECE)
        if not piece:
            raise ConnectionResetError
        self._http.receive_data(piece)
