"""Runs a kind in a test as a worker does, but without a broker and a console.

    from tasks.testing import run_kind

    def test_words_are_counted(tmp_path):
        text = tmp_path / "a.txt"
        text.write_text("to be or not to be")
        done = run_kind(words, text=text, most=1)
        assert done.result == {"to": 2}

The ledger and the storage are real, in a temporary folder: limits, outputs, the log and checkpoints
are what they are in a worker. `Trial` also kills, cancels and continues a job.
"""

from tasks.testing.trial import Done, Trial, run_kind

__all__ = ["Done", "Trial", "run_kind"]
