"""What several threads ask for at the same moment, done by one of them for all in one go."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Turn(Generic[Asked, Answer]):
    """One thread's question; its lock is held until there is something to wake the thread for."""

    __slots__ = ("answer", "asked", "leads", "woken")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answer | Exception | None = None
        self.leads = False
        self.woken = threading.Lock()
        self.woken.acquire()


class Together(Generic[Asked, Answer]):
    """Shares one wait, for a disk or an answer, among all who would wait for their own.

    Who comes while nobody acts does it at once, and alone: company is never waited for. Those who
    come meanwhile wait, and one of them then acts for all of them, in the order in which they came.
    It has no thread of its own, and so nothing that a fork would leave behind.

    Args:
        act: is given what was asked for, and returns an answer to each, or the error to raise
            where it asked. It is never called by two threads at once.
        most: how many are served in one go.

    `acting` says whether anybody is being served, and `waiting` are those who have come meanwhile.
    """

    def __init__(
        self, act: Callable[[list[Asked]], Sequence[Answer | Exception]], most: int = 100
    ) -> None:
        self._act = act
        self._most = most
        self._lock = threading.Lock()
        self.waiting: deque[_Turn[Asked, Answer]] = deque()
        self.acting = False

    def do(self, asked: Asked, patience: float = -1) -> Answer:
        """Have it done, and return the answer to it.

        Args:
            asked: what is to be done.
            patience: seconds to wait for others; without a limit if negative.

        Raises:
            TimeoutError: the others took longer. What was asked for may be done all the same.
        """
        turn: _Turn[Asked, Answer] = _Turn(asked)
        with self._lock:
            self.waiting.append(turn)
            turn.leads, self.acting = not self.acting, True
        if not turn.leads and not turn.woken.acquire(timeout=patience):
            self._give_up(turn)
        if turn.answer is None:
            self._lead()
        if isinstance(turn.answer, Exception):
            raise turn.answer
        return turn.answer  # type: ignore[return-value]  # Whoever led has put one there.

    def _give_up(self, turn: _Turn[Asked, Answer]) -> None:
        with self._lock:
            if turn.leads or turn.answer is not None:
                return  # Its turn came at the last moment, and nobody else would take it.
            if turn in self.waiting:
                self.waiting.remove(turn)
        raise TimeoutError("Others are served, and take long")

    def _lead(self) -> None:
        """Act for all who wait, and wake them; who came meanwhile is led by the first of them."""
        with self._lock:
            turns = [self.waiting.popleft() for _ in range(min(self._most, len(self.waiting)))]
        answers: Sequence[Answer | Exception] = ()
        try:
            answers = self._act([turn.asked for turn in turns])
        finally:
            with self._lock:
                for place, turn in enumerate(turns):
                    left_alone = RuntimeError("The thread that acted for this one has failed")
                    turn.answer = answers[place] if answers else left_alone
                    turn.woken.release()
                self.acting = bool(self.waiting)
                if self.waiting:
                    self.waiting[0].leads = True
                    self.waiting[0].woken.release()
