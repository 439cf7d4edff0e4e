"""What an operator's log says of an attempt that died."""

import logging

from ledger.recovery import Freed

logger = logging.getLogger(__name__)


def tell(freed: Freed | None) -> None:
    """Say what becomes of a job whose attempt died, if the ledger found one."""
    if freed is None:
        return
    if freed.ended is None:
        logger.warning("Attempt %d of job %s died; it runs again.", freed.attempt, freed.job)
    else:
        logger.error("Job %s is stopped for good: %s.", freed.job, freed.ended)
