"""Everything that an operator can set, read from the environment once, at the door."""

import secrets
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """One frozen value; each field is the environment variable of the same name in capitals.

    Durations are in seconds, sizes in bytes.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    postroom_var: Path = CHECKOUT / "var"
    database_url: str = ""
    storage_url: str = ""
    celery_broker_url: SecretStr = SecretStr("amqp://guest:guest@localhost:5672//")
    commands: Path = Field(CHECKOUT / "commands.toml", description="Kinds declared without Python")
    ack_timeout: float = Field(1_800, description="RabbitMQ's own; this is what it has by default")
    max_upload: int = Field(5_000_000_000, gt=0, description="The largest file a form accepts")
    max_result: int = Field(1_000_000, gt=0, description="The largest returned value, as JSON")
    max_log_lines: int = Field(20_000, ge=100, description="Kept per attempt, head and tail")
    max_log_size: int = Field(4_000_000, ge=10_000, description="… and in characters")
    max_memory: int = Field(0, ge=0, description="Of one process that runs jobs; 0 is no limit")
    heart_timeout: float = Field(15, gt=0, description="A worker silent for longer is dead")
    beat_every: float = Field(2, gt=0, description="How often a worker says that it lives")
    quota: int = Field(0, ge=0, description="Bytes of everybody's files; 0 is no limit")
    quota_per_person: int = Field(0, ge=0, description="Bytes of one person's; 0 is no limit")
    jobs_per_person: int = Field(0, ge=0, description="In line or running; 0 is no limit")
    keep_for: float = Field(0, ge=0, description="Settled jobs older than that go; 0 keeps all")
    send_grace: float = Field(
        3, ge=0, description="A submit may take so long to send, a batch twice"
    )
    resend_after: float = Field(10, gt=0, description="A sent job missing from its empty queue")
    cancel_grace: float = Field(10, ge=0, description="How long a cancelled job may clean up")
    max_crashes: int = Field(3, ge=1, description="Crashed attempts that quarantine a job")
    max_losses: int = Field(6, ge=1, description="Lost attempts that quarantine a job")
    secret_key: SecretStr = SecretStr("")
    port: int = Field(8000, description="Where the console answers; sign-in links lead there")
    rabbitmq_management_port: int = Field(15672, description="RabbitMQ's, on the broker's host")
    management_url: SecretStr = Field(SecretStr(""), description="… if it is anywhere else")
    flower_port: int = Field(5555, description="Where the console's link to Flower leads")

    @model_validator(mode="after")
    def _places_follow_var(self) -> Self:
        places = {
            "postroom_var": self.postroom_var.resolve(),
            "database_url": self.database_url
            or f"sqlite:///{self.postroom_var.resolve() / 'ledger.sqlite3'}",
            "storage_url": self.storage_url or str(self.postroom_var.resolve() / "storage"),
        }
        for name, value in places.items():
            object.__setattr__(self, name, value)
        return self

    @cached_property
    def scratch(self) -> Path:
        """The folder in which running attempts keep their files until they settle."""
        return self.postroom_var / "scratch"

    def session_key(self) -> str:
        """Return the key that signs sessions, made once and kept under `var` if none is set.

        Raises:
            OSError: `var` can't be written.
        """
        if key := self.secret_key.get_secret_value():
            return key
        path = self.postroom_var / "secret_key"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="ascii") as file:
                path.chmod(0o600)
                file.write(secrets.token_hex(32))
        except FileExistsError:
            pass
        return path.read_text(encoding="ascii")
