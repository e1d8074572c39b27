"""What `tonghop load` does before it answers the units, for `bench/intake.py`.

python bench/load_files.py FOLDER…      # prints the seconds of computing of all its processes
"""

from __future__ import annotations

import os
import sys

from processor import seconds_of

from tonghop import staging

if __name__ == "__main__":
    if any(each.outcome != "staged" for each in staging.load_paths(sys.argv[1:])):
        sys.exit("not every file was staged")
    print(seconds_of(os.getpid()))
