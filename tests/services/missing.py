"""What keeps a server from being started for the tests."""


class MissingProgramError(Exception):
    """A server is not installed here; the message says what to install."""
