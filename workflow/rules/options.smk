"""What Snakemake's own options may do here, whether typed or written in a profile of the user.

No option deletes what is finished, or takes for current what is not; and there are as many cores as
are allocated.
"""

import sys

from snakemake.settings.types import RerunTrigger
from snakemake.utils import available_cpu_count

from reprise.machine import cores


def refuse(option):
    print(option, file=sys.stderr)
    sys.exit(2)


def check_options(node, finished):
    """Refuse, by name, an option that would lose ``node`` where it is ``finished``, or accept it."""
    if workflow.touch:
        refuse("--touch makes no result current: its content decides, not its date")
    if workflow.rerun_triggers != {RerunTrigger.MTIME}:
        refuse(
            "--rerun-triggers has to be mtime, as in the profiles here: others make finished results "
            "again, or miss what was altered"
        )
    if workflow.workflow_settings.consider_ancient:
        refuse("--consider-ancient would take for current what was altered")
    if finished and forced(node):
        refuse(
            f"{node.id} is finished, and -F, -f and -R (--forceall, --force, --forcerun) would delete "
            f"it before it is made again. To make it again, delete {node.record}"
        )


def forced(node):
    """Whether Snakemake was told to make ``node`` whatever there is."""
    rules = {rule.name for rule in workflow.dag.forcerules}
    rules |= {job.rulename for job in workflow.dag_settings.target_jobs}
    files = map(workflow.modifier.path_modifier.apply_default_storage, node.outputs)
    return node.kind in rules or not workflow.dag.forcefiles.isdisjoint(files)


delete = workflow.delete_output


def delete_output(only_temp=False, dryrun=False):
    """--delete-all-output and --delete-temp-output: only the first deletes results."""
    if not (only_temp or dryrun):
        refuse("--delete-all-output would delete finished results; delete their folder instead")
    delete(only_temp, dryrun)


if workflow.is_main_process:
    workflow.delete_output = delete_output
    # `all` is all that this process may run on, also where its cgroup has a share of their time.
    if workflow.resource_settings.cores == available_cpu_count() > cores():
        print(f"cores: {cores()}, as many as are allocated", file=sys.stderr)
        workflow.global_resources["_cores"] = cores()
