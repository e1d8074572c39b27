"""# Remind

Tells units which of their reports are due soon or late, and the units above which reports have not come: every weekday morning.

**What.** `write_reminders` looks which steps of the catalog (`reminders.csv`) are reached, by working days, for reports that have not come,
and writes a page for each unit that is told into its folder of the outbox. `mail_reminders` mails them where a connection is set. Each step
is taken once for a report; on public holidays nobody is told anything.

**Owner.** Data engineering; the steps are the business of whoever keeps the catalog.

**When it is red.** `write_reminders`: the database or the outbox could not be reached; the log says which. `mail_reminders`: the mail
server could not be reached or refused some mails; the log names them, and they lie in the outbox. Correct the cause and run this DAG
again: what was written or mailed is not written or mailed a second time.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, conf, dag, task

from tonghop.service.task_options import TASK_OPTIONS
from tonghop.settings import settings


@dag(
    dag_id="remind",
    schedule=CronTriggerTimetable(settings().remind_cron, timezone=conf.get("core", "default_timezone")),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    default_args=TASK_OPTIONS,
    tags=["tonghop"],
)
def remind() -> None:
    """Wire the tasks."""

    @task
    def write_reminders() -> int:
        from tonghop import reminders

        return len(reminders.write_reminders())

    @task
    def mail_reminders() -> int:
        from tonghop import reminders

        return reminders.mail_reminders()

    written = write_reminders()
    if settings().mail_connection:
        written >> mail_reminders()


remind()
