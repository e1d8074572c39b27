"""What `tonghop load` does before it answers the units, for `bench/intake.py`.

python bench/load_files.py FOLDER…      # prints the seconds after its imports, by the clock and of computing, and all that it has computed
"""

from __future__ import annotations

import os
import sys
import time

from processor import seconds_of

from tonghop import staging

if __name__ == "__main__":
    started, computed = time.perf_counter(), seconds_of(os.getpid())
    if any(each.outcome != "staged" for each in staging.load_paths(sys.argv[1:])):
        sys.exit("not every file was staged")
    seconds, all_computed = time.perf_counter() - started, seconds_of(os.getpid())
    print(seconds, all_computed - computed, all_computed)
