"""What a command cost: ``python -m benchmarks.usage COMMAND...`` prints JSON as its last line.

A process of its own that imports next to nothing: the peak memory of a child counts from the fork,
when it is still as large as its parent.
"""

import json
import os
import subprocess
import sys
import tempfile
import time


def main(command: list[str]) -> int:
    """Run ``command``, print its output and what all its processes cost; its exit code."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        print(output.read().decode(errors="replace"))
    seconds, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "wall_s": wall, "peak_bytes": peak}))
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
