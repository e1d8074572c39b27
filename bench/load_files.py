"""What `tonghop load` does before it answers the units, for `bench/intake.py`.

python bench/load_files.py FOLDER…      # prints the seconds after its imports, by the clock and of computing, and all that it has computed
"""

from __future__ import annotations

import os
import sys
import time

from processor import seconds_of

from tonghop.readers import begin_to_start


def load(folders: list[str]) -> tuple[float, float]:
    """Load the files of folders; the seconds after the imports, by the clock and of computing. The readers import meanwhile, as in
    `tonghop load`."""
    begin_to_start()
    from tonghop import staging

    started, computed = time.perf_counter(), seconds_of(os.getpid())
    if any(each.outcome != "staged" for each in staging.load_paths(folders)):
        sys.exit("not every file was staged")
    return time.perf_counter() - started, seconds_of(os.getpid()) - computed


if __name__ == "__main__":
    print(*load(sys.argv[1:]), seconds_of(os.getpid()))
