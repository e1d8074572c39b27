"""Reminders: a unit is told that a report of its own is due soon or late, the unit above which reports below it have not come.

When, and whom, are steps of the catalog (`reminders.csv`), counted in working days from the day due. A step is taken once for a report.
"""

from tonghop.reminders.mail import mail_reminders
from tonghop.reminders.reading import Reminder, Report
from tonghop.reminders.writing import NotReminded, find_reminders, write_reminders

__all__ = ["NotReminded", "Reminder", "Report", "find_reminders", "mail_reminders", "write_reminders"]
