"""What can go wrong with the ledger, as one small tree.

LedgerError
├── NoSuchJob           a name that no row has
├── NoSuchBatch
├── NoSuchFile
├── NoSuchFailure
├── NoSuchLetter
├── Unusable            a dead letter that can't become a job
├── UploadBusy          another request writes to this upload
├── NoSuchPreset
├── NoSuchWorker        … or whose worker is stopping, or has fallen silent
├── NameTaken           somebody else is called so, or another preset
├── ClaimLost           a worker's write came after its attempt had been closed
├── NoSuchAction
├── NotUndoable         somebody asked to undo an action too late, or once more
├── AlreadySettled      somebody asked to change a job that has ended
├── NotSettled          somebody asked to run a job again that runs or waits already
├── LedgerUnavailable   the database did not answer; nothing is known of the write
│   └── LedgerFull      … because its disk is full
├── Unstorable          a value that the database has no room or no letters for
├── LedgerOutdated      the tables are not those of this version
└── StorageError        the file storage refused to read or write
    ├── StorageFull
    ├── TooLarge        more bytes than the settings allow
    └── OverQuota       … than one person, or all of them, may keep
"""


class LedgerError(Exception):
    """Anything that the ledger refuses or cannot do."""


class NoSuchJob(LedgerError):
    """No job has this id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id}.")


class NoSuchBatch(LedgerError):
    """No job is of this batch."""

    def __init__(self, batch: str) -> None:
        super().__init__(f"There is no batch {batch}.")


class NoSuchFile(LedgerError):
    """No file has this id or name."""


class NoSuchFailure(LedgerError):
    """Nothing has failed in this way, or all that did is forgotten."""

    def __init__(self, group_id: str) -> None:
        super().__init__(f"Nothing has failed as {group_id}.")


class NoSuchLetter(LedgerError):
    """No dead letter has this id."""

    def __init__(self, letter_id: str) -> None:
        super().__init__(f"There is no dead letter {letter_id}; it may have been deleted.")


class Unusable(LedgerError):
    """A dead letter asks for nothing that can be run here; the words say why."""


class UploadBusy(LedgerError):
    """Another request writes to this upload, or has taken it over: try again in a moment."""

    def __init__(self) -> None:
        super().__init__("Another request is sending this file, or was until a moment ago.")


class NoSuchPreset(LedgerError):
    """No preset has this id that this person may use, or change where they asked to."""

    def __init__(self) -> None:
        super().__init__("There is no such preset, or it is somebody else's.")


class NoSuchWorker(LedgerError):
    """No worker of this id is there to be asked for anything."""

    def __init__(self, worker: str) -> None:
        super().__init__(f"There is no worker {worker}, or it stops, or its heart has stopped.")


class NameTaken(LedgerError):
    """A name that somebody else has, or another preset of the same kind and person."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The name {name} is taken; choose another.")


class ClaimLost(LedgerError):
    """The attempt that writes is no longer the one that runs the job: stop working on it."""

    def __init__(self, job_id: str, attempt: int) -> None:
        super().__init__(f"Attempt {attempt} of job {job_id} has been closed; it may not write.")


class NoSuchAction(LedgerError):
    """No action has this id."""

    def __init__(self, action_id: str) -> None:
        super().__init__(f"There is no action {action_id}.")


class NotUndoable(LedgerError):
    """The action can't be undone any more, or is undone already."""


class AlreadySettled(LedgerError):
    """The job has ended, so there is nothing left to change."""


class NotSettled(LedgerError):
    """The job runs, or waits for a worker, so there is nothing to run again."""


class LedgerUnavailable(LedgerError):
    """The database did not answer, so it is not known whether a write took place."""


class LedgerFull(LedgerUnavailable):
    """The database has no room left on its disk."""


class Unstorable(LedgerError):
    """A value is longer than the database allows, or has characters that it does not know."""


class LedgerOutdated(LedgerError):
    """The database's tables are not those that this version of the program expects."""


class StorageError(LedgerError):
    """The file storage refused to read or write."""


class StorageFull(StorageError):
    """The file storage has no room left."""


class OverQuota(StorageError):
    """There is no room for this person's files, or for anybody's; nothing was accepted."""

    def __init__(self, whose: str, used: int, limit: int, more: int = 0) -> None:
        this = f", and this needs {more / 1e6:,.1f} MB" if more else ""
        super().__init__(f"{whose} take {used / 1e6:,.1f} of {limit / 1e6:,.1f} MB{this}.")


class TooLarge(StorageError):
    """A file has more bytes than the settings allow."""

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(f"{name} is larger than the limit of {limit / 1e6:,.0f} MB for one file.")
        self.limit = limit
