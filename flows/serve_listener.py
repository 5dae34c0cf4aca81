"""One connection to the served site: HTTP as uvicorn speaks it, with deadlines that it has not."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from flows.serve_pages import HEADERS, refusal

HEAD_S = 10.0
"""A request must be here whole so long after the connection was made, or after its first byte."""
STALL_S = 60.0
"""A reader must take each piece of an answer (``serve_pages.CHUNK_BYTES``) in so long."""
MOST_OPEN = 512
"""Connections that are held at one time, whether they ask for anything or not."""


class Punctual(H11Protocol):
    """A connection that is closed where the other side sends or takes nothing for too long."""

    _head: asyncio.TimerHandle | None = None
    _piece: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; one connection too many is closed at once."""
        super().connection_made(transport)
        if len(self.connections) > MOST_OPEN:
            transport.abort()
            return
        transport.set_write_buffer_limits(high=1)  # whatever waits to be taken is on the clock
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_head()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; the clock stops when the request is whole."""
        self._await_request()
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_head()

    def pause_writing(self) -> None:
        """Something waits to be taken."""
        super().pause_writing()
        if self._piece is None:
            self._piece = self.loop.call_later(STALL_S, self.transport.abort)

    def resume_writing(self) -> None:
        """All that was sent is taken."""
        super().resume_writing()
        if self._piece is not None:
            self._piece.cancel()
            self._piece = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or too long, as every other refusal is answered."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()  # it is answered already: what comes after is nobody's question
            return
        answer = refusal(400)
        answer.headers.update(HEADERS | {"connection": "close"})
        events: tuple[Any, ...] = (
            h11.Response(status_code=400, headers=answer.raw_headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """No other protocol is spoken: who offers one is answered in this one, without a word."""
        return False

    def _await_request(self) -> None:
        """Start the clock of a request, unless it goes already."""
        if self._head is None:
            self._head = self.loop.call_later(HEAD_S, self.transport.abort)

    def _stop_head(self) -> None:
        """Stop the clock of a request."""
        if self._head is not None:
            self._head.cancel()
            self._head = None
