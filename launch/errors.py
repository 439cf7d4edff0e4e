"""What stops a start, in words for the person at the terminal."""


class LaunchError(Exception):
    """A start can't go on; the message says why and what to do.

    `code` is the exit status: 1 when something failed, 2 when the person must choose otherwise.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
