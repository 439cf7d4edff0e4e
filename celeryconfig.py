"""Every Celery and RabbitMQ setting, with the reason beside each; nothing else is decided here."""

import socket

from kombu import Exchange, Queue

from ledger import Settings

_settings = Settings()

# ── What runs ─────────────────────────────────────────────────────────────────────────────────
# A new kind is one module and one line here.
imports = (
    "tasks.kinds.hello",
    "tasks.kinds.tables",
    "tasks.kinds.images",
    "tasks.kinds.media",
    "tasks.kinds.commands.kinds",  # Last, for its entries take no other kind's name.
)
# A kind names one of these; a worker takes all of them unless told otherwise by -Q.
QUEUES = ("default",)

# ── Queues ────────────────────────────────────────────────────────────────────────────────────
EXCHANGE = Exchange("postroom", type="direct", durable=True)
DEAD_EXCHANGE = Exchange("postroom.dead", type="fanout", durable=True)
# An existing queue refuses other arguments than its own, so these never change; an operator
# changes limits by policy.
QUEUE_ARGUMENTS = {
    "x-queue-type": "quorum",  # Replicated where there are nodes, and it counts deliveries.
    "x-delivery-limit": 20,  # A backstop only: lost connections count too. The ledger decides.
    "x-dead-letter-exchange": DEAD_EXCHANGE.name,
    "x-dead-letter-strategy": "at-least-once",  # The default loses a dead letter without a target.
    "x-overflow": "reject-publish",  # At-least-once dead letters ask for it.
}
DEAD_QUEUE = Queue(
    "postroom.dead", DEAD_EXCHANGE, routing_key="", queue_arguments={"x-queue-type": "quorum"}
)
task_queues = [
    Queue(name, EXCHANGE, routing_key=name, queue_arguments=QUEUE_ARGUMENTS) for name in QUEUES
]
task_default_queue = QUEUES[0]
task_default_exchange = EXCHANGE.name
task_default_routing_key = QUEUES[0]
task_create_missing_queues = False  # A typing error in -Q is an error, not a new queue.
worker_detect_quorum_queues = True  # Quorum queues refuse the global prefetch of older brokers.

# ── The connection ────────────────────────────────────────────────────────────────────────────
broker_url = _settings.celery_broker_url.get_secret_value()
broker_heartbeat = 10  # The default of 120 leaves a vanished worker's jobs unseen for 3 minutes.
broker_connection_timeout = 3
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # A worker waits for its broker as long as it takes.
broker_channel_error_retry = True  # An acknowledgement timeout closes a channel, not the worker.
broker_transport_options = {
    # py-amqp's own second cuts the connection at a short pause of the network. No publisher
    # confirms here: the main process would wait for each event's without limit.
    "socket_settings": {socket.TCP_USER_TIMEOUT: 15_000},
}
control_queue_exclusive = False  # An exclusive queue locks a worker out of its own reconnect.
control_queue_durable = True

# ── Deliveries ────────────────────────────────────────────────────────────────────────────────
task_acks_late = True
task_reject_on_worker_lost = True  # A killed child's message goes back at once.
task_acks_on_timeout = True  # A job that ran into its limit has its end recorded.
task_acks_on_failure = True
# A waiting job waits in the queue, where any worker finds it; tasks/pace.py says when some do not.
worker_prefetch_multiplier = 1
worker_cancel_long_running_tasks_on_connection_loss = True  # Its message runs elsewhere already.
worker_soft_shutdown_timeout = 0.0  # It sleeps in a signal handler, without heartbeats.

# ── The worker ────────────────────────────────────────────────────────────────────────────────
worker_consumer = "tasks.consumer:Consumer"
worker_pool = "tasks.pool:Pool"
worker_max_tasks_per_child = 5_000  # High: each restart costs, and one in a warm stop can hang it.
worker_max_memory_per_child = 2_000_000  # KiB; a child that leaked this much is replaced.
worker_redirect_stdouts = False  # A job's print goes to the job's log.
worker_send_task_events = False  # Flower switches events on when it listens.
task_send_sent_event = False  # It would be a second, unbounded message from the web process.
task_track_started = False  # The claim writes STARTED.

# ── Results ───────────────────────────────────────────────────────────────────────────────────
result_backend = "tasks.backend.LedgerBackend"
# The child has settled before Celery hears of it, so Celery has nothing left to store; and its
# main process must not wait for a database.
task_ignore_result = True
task_store_errors_even_if_ignored = False
task_serializer = result_serializer = "json"
accept_content = ["json"]
enable_utc = True
