from ledger.action_record import Candidate, Outcome
from tasks.actions import Judge
from tasks.alike import fingerprint
from tasks.kind import kinds

FILE = {"id": "f1", "name": "a.csv", "size": 1, "sha256": "00"}


def test_a_job_runs_again_only_where_its_kind_and_its_files_are_here() -> None:
    judge = Judge(kinds())
    row = {"file": FILE, "files": [FILE | {"id": "f2"}]}

    assert judge(Candidate("no-such-kind", "ada", {}, frozenset())).refused is Outcome.NO_KIND
    assert judge(Candidate("tables", "ada", row, frozenset({"f1"}))).refused is Outcome.NO_FILES
    fine = judge(Candidate("tables", "ada", row, frozenset({"f1", "f2"})))
    assert fine.refused is None
    assert fine.fingerprint == fingerprint(kinds()["tables"], row, "ada")
