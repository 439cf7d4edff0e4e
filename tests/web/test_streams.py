"""Streams that have parted from the server's threads, on connections of their own."""

import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

import pytest

from webapp.streams import Parted, Stream, Streams

PIECE = "x" * 100_000  # more than a connection takes at once
END = b"0\r\n\r\n"


class Said:
    """What is said in a stream as it comes: what a test puts here."""

    def __init__(self) -> None:
        self.pieces: SimpleQueue[str | Exception | None] = SimpleQueue()
        self.bell: Callable[[], None] = lambda: None
        self.ended = threading.Event()

    def __call__(self, bell: Callable[[], None]) -> Generator[str]:
        self.bell = bell
        return self._said()

    def say(self, piece: str | Exception | None) -> None:
        self.pieces.put(piece)
        self.bell()

    def _said(self) -> Generator[str]:
        try:
            while True:
                try:
                    piece = self.pieces.get_nowait()
                except Empty:
                    piece = ""
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.ended.set()


@contextmanager
def parted(streams: Streams, said: Said, *, chunked: bool = False) -> Iterator[socket.socket]:
    """Give the page's end of a connection whose other end a server has parted from."""
    stream = Stream(streams, said)
    with pytest.raises(Parted) as seen:
        next(stream)
    stream.close()  # As servers do in any case.
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    seen.value.stream.keep(theirs, chunked=chunked)
    with ours:
        yield ours


def test_what_is_said_is_sent_when_the_bell_rings() -> None:
    said = Said()
    with parted(Streams(), said) as page:
        for word in ("one", "two"):
            said.say(word)
            assert page.recv(100) == word.encode()
        said.say(None)
        assert page.recv(100) == b""
    assert said.ended.wait(10)


def test_in_chunks_each_piece_is_one_and_the_end_is_told() -> None:
    said = Said()
    with parted(Streams(), said, chunked=True) as page:
        said.say("eleven char")
        assert page.recv(100) == b"b\r\neleven char\r\n"
        said.say(None)
        assert page.recv(100) == END


def test_of_a_page_that_takes_nothing_no_more_is_asked_and_others_are_sent_theirs() -> None:
    streams, slow, quick = Streams(), Said(), Said()
    with parted(streams, slow) as slow_page, parted(streams, quick) as quick_page:
        for _ in range(100):
            slow.say(PIECE)
        quick.say("soon")
        assert quick_page.recv(100) == b"soon"
        assert slow.pieces.qsize() > 50
        slow.say(None)
        got = 0
        while piece := slow_page.recv(1 << 20):
            got += len(piece)
        assert got == 100 * len(PIECE)


def test_a_fault_in_one_stream_ends_that_one_alone(caplog: pytest.LogCaptureFixture) -> None:
    streams, broken, sound = Streams(), Said(), Said()
    with parted(streams, broken) as broken_page, parted(streams, sound) as sound_page:
        broken.say(ZeroDivisionError("a fault of ours"))
        assert broken_page.recv(100) == b""
        sound.say("on")
        assert sound_page.recv(100) == b"on"
    assert "a fault of ours" in caplog.text


def test_when_the_page_goes_the_stream_ends() -> None:
    said = Said()
    with parted(Streams(), said) as page:
        page.close()
        assert said.ended.wait(10)


def test_an_answer_that_never_parts_ends_with_its_request() -> None:
    said = Said()
    stream = Stream(Streams(), said)
    said.say("one")
    assert next(stream) == b"one"
    stream.close()
    assert said.ended.is_set()
