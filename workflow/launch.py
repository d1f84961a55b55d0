"""Start Snakemake with the arguments of its command line, but without a limit of jobs a second.

That limit, on by default, asks for another scheduling round after every round. While jobs wait for
a core these chains never end, every finished job starts one more, and each round looks at the
inputs of every job that waits. Clusters, which need the limit, are reached by the command line.
"""

import sys

from snakemake.cli import args_to_api, parse_args
from snakemake.exceptions import print_exception

if __name__ == "__main__":
    try:
        parser, arguments = parse_args(sys.argv[1:])
        arguments.max_jobs_per_timespan = None
        done = args_to_api(arguments, parser)
    except Exception as error:
        print_exception(error)
        done = False
    sys.exit(0 if done else 1)
