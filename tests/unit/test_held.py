"""One word acknowledges many messages, and never one that is still to be run."""

import pytest

from tasks.held import Ack, Held


class Message:
    """A delivery, as far as it is told from others."""

    def __init__(self, tag: int, channel: object) -> None:
        self.delivery_tag, self.channel, self.acknowledged = tag, channel, False

    def ack(self) -> Ack:
        return Ack(self, lambda _: None)


@pytest.fixture
def held() -> Held:
    return Held()


def delivered(held: Held, number: int) -> list[Message]:
    channel = object()
    messages = [Message(tag, channel) for tag in range(1, number + 1)]
    for message in messages:
        held.add(message)
    return messages


def told(held: Held, *messages: Message) -> tuple[list[int], list[int]]:
    """Acknowledge messages; return those that one word tells and the others, by their tags."""
    first, others = held.parted([message.ack() for message in messages])
    return tags(first), tags(others)


def tags(acks: list[Ack]) -> list[int]:
    return [ack.message.delivery_tag for ack in acks]


def test_messages_before_all_that_still_run_are_acknowledged_by_one_word(held: Held) -> None:
    one, two, three, _four = delivered(held, 4)
    assert told(held, two, three, one) == ([1, 2, 3], [])


def test_a_message_behind_one_that_still_runs_is_acknowledged_alone(held: Held) -> None:
    one, _two, three, four = delivered(held, 4)
    assert told(held, four, one, three) == ([1], [4, 3])


def test_those_before_it_and_those_behind_it_are_told_apart(held: Held) -> None:
    one, two, _three, four = delivered(held, 4)
    assert told(held, one, four, two) == ([1, 2], [4])


def test_what_was_rejected_holds_up_nobody(held: Held) -> None:
    one, two, three = delivered(held, 3)
    one.acknowledged = True
    assert told(held, two, three) == ([2, 3], [])


def test_what_comes_late_from_a_lost_channel_is_acknowledged_alone(held: Held) -> None:
    old, _ = delivered(held, 2)
    one, two = delivered(held, 2)
    assert told(held, one, old) == ([1], [1])
    assert told(held, two) == ([2], [])


def test_a_late_word_from_a_lost_channel_answers_for_nothing_on_the_new_one(held: Held) -> None:
    _, old = delivered(held, 2)
    one, two, _three = delivered(held, 3)
    assert told(held, old, one, two) == ([1, 2], [2])
