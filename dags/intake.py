"""# Intake

Looks into the landing areas, reads what is new and stages it.

**What.** `list_batches` lists files that have no receipt yet, in all landing areas, and splits them into batches; `read_and_stage`
archives, reads and stages the files of one batch, a transaction a file; `announce_submissions` emits the Asset *staged submissions*
when something waits to be judged or published, and that starts `refresh`. A file that cannot be read is a finding of its unit, never a
failed task.

`send_receipts` answers each file with a receipt in the outbox, and `mail_receipts` mails it where a connection is set.

**Owner.** Data engineering.

**When it is red.** `confirm_sources`: a landing area, or a folder in it, could not be looked into; the message says which, and what to
do. The files of the other areas are read, and those of this one wait there. `read_and_stage`: a batch failed three times, so the cause
is not a file: most likely PostgreSQL is down, the disk is full, or the catalog pack has an error. The log of the red task says which,
and what to do. The other batches are staged. Nothing needs to be cleared: the next run takes up what is left.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pendulum
from airflow.sdk import TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from tonghop.service.assets import STAGED
from tonghop.service.task_options import TASK_OPTIONS
from tonghop.settings import settings

if TYPE_CHECKING:
    from tonghop.staging import BatchOutcome


@dag(
    dag_id="intake",
    schedule=timedelta(seconds=settings().poll_seconds),
    start_date=pendulum.datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    default_args=TASK_OPTIONS,
    tags=["tonghop"],
)
def intake() -> None:
    """Wire the tasks."""

    @task(show_return_value_in_logs=False)
    def list_batches() -> list[list[str]]:
        from tonghop.staging import plan_intake

        batches, unreachable = plan_intake()
        get_current_context()["ti"].xcom_push("unreachable", unreachable)
        return batches

    @task(map_index_template="{{ batch_name }}")
    def read_and_stage(batch: list[str]) -> BatchOutcome:
        from tonghop import staging

        get_current_context()["batch_name"] = staging.batch_name(batch)  # the grid shows files, not 0, 1, 2
        return staging.read_and_stage(batch)

    # A batch that failed must not keep the others from being published …
    @task(outlets=[STAGED], trigger_rule=TriggerRule.ALL_DONE)
    def announce_submissions(batches: list[list[str]] | None) -> None:
        from tonghop.refresh import is_at_work
        from tonghop.staging import pending_work

        if not pending_work():
            raise AirflowSkipException("Nothing waits to be judged or published.")
        if not batches and is_at_work():
            raise AirflowSkipException("There are no new files, and a refresh is at work on what waits.")

    # … and must not hide behind them: the run is red when it is.
    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def confirm_all_read() -> None:
        """Do nothing: this task fails with its predecessors."""

    # An answer to a unit that cannot be written or mailed is red by itself and keeps nothing else waiting.
    @task(trigger_rule=TriggerRule.ALL_DONE)
    def send_receipts() -> None:
        from tonghop import answers

        answers.answer_intake()

    @task
    def mail_receipts() -> int:
        from tonghop import answers

        return answers.mail_answers()

    @task(retries=0)
    def confirm_sources(unreachable: list[str]) -> None:
        if unreachable:
            raise AirflowFailException("\n".join(unreachable))

    batches = list_batches()
    confirm_sources(batches["unreachable"])
    staged = read_and_stage.expand(batch=batches)
    receipts = send_receipts()
    staged >> [announce_submissions(batches), confirm_all_read(), receipts]
    if settings().mail_connection:
        receipts >> mail_receipts()


intake()
