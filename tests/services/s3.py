"""A server that speaks S3, in a process of its own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import s3fs

from launch import ports
from tests.waiting import until

_START_SECONDS = 30
_STOP_SECONDS = 10


class S3:
    """An S3-compatible server, moto's; what it keeps is gone when it is closed.

    `environment` is what a program needs to find it.
    """

    def __init__(self) -> None:
        [self.port] = ports.free()
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-s3-"))
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "postroom",
            "AWS_SECRET_ACCESS_KEY": "postroom",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the server and return when it answers.

        Raises:
            AssertionError: it ended, or does not answer; the message has its log.
        """
        log = self.folder / "server.log"
        program = Path(sys.executable).parent / "moto_server"
        with log.open("wb") as out:
            self._server = subprocess.Popen(
                [program, "--host", "127.0.0.1", "--port", str(self.port)],
                env=os.environ | {"TMPDIR": str(self.folder)},
                stdout=out,
                stderr=out,
            )
        try:
            until("the S3 server answers", self._answers, _START_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{log.read_text()}") from None
        return self

    def bucket(self) -> str:
        """Make a new, empty bucket and return its URL; the environment must be ours."""
        name = f"test-{uuid4().hex}"
        s3fs.S3FileSystem(endpoint_url=self.environment["AWS_ENDPOINT_URL"]).mkdir(name)
        return f"s3://{name}/postroom"

    def close(self) -> None:
        """End the server and remove everything it kept."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(_STOP_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start the server."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True
