"""The landing areas: which files lie there, since when, and from whom; and what becomes of a file that was taken in.

Folders of this machine, SFTP servers and S3-compatible stores by the same code, and any other file system that fsspec knows.
"""

from tonghop.staging.landing.area import Area, LandingMissing, NotReadable, area_of, area_to_load, open_areas
from tonghop.staging.landing.listing import Changed, Gone, LandedFile, Skipped, Survey, look_at, read_chunks, steady, survey
from tonghop.staging.landing.names import absolute_path, printable
from tonghop.staging.landing.put_away import Arrived, put_away

__all__ = [
    "Area",
    "Arrived",
    "Changed",
    "Gone",
    "LandedFile",
    "LandingMissing",
    "NotReadable",
    "Skipped",
    "Survey",
    "absolute_path",
    "area_of",
    "area_to_load",
    "look_at",
    "open_areas",
    "printable",
    "put_away",
    "read_chunks",
    "steady",
    "survey",
]
