"""Dramatiq on RabbitMQ, with confirms."""

import os

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from bench.peers import marks

broker = RabbitmqBroker(url=os.environ["BENCH_BROKER"], confirm_delivery=True)
dramatiq.set_broker(broker)
_actors = {name: dramatiq.actor(job, actor_name=name) for name, job in marks.JOBS.items()}


def prepare() -> None:
    """Do nothing: queues are declared by the first message."""


def submit(name: str, number: int) -> None:
    """Publish, and wait for the confirm."""
    _actors[name].send(number)
