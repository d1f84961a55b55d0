"""The configuration of a cluster of one node, and whether there may be one on this machine.

Job steps do not see ``SLURM_CONF``, so it lies in ``/etc/slurm``. It is only ever written where
there is none: a machine that belongs to a real cluster is left alone.
"""

import json
import os
import shutil
import socket
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil

CONFIGURED = Path("/etc/slurm/slurm.conf")
DEVICES = CONFIGURED.with_name("gres.conf")
MARK = "# Written by the tests of Reprise, which remove it again. Folder: "
COMMANDS = (
    "munged",
    "slurmctld",
    "slurmd",
    "sbatch",
    "srun",
    "scancel",
    "scontrol",
    "sinfo",
    "squeue",
)
DAEMONS = ("slurmd", "slurmctld", "munged")
CORES = 8
"""As many as a batch may take; how many the machine has does not matter to the scheduler."""

PROFILE = """\
slurm-no-account: true
slurm-status-command: squeue
default-resources: {slurm_partition: main}
"""

SETTINGS = """\
ClusterName=reprise
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MinJobAge=36000
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=64000 Gres=gpu:1
PartitionName=main Nodes=ALL Default=YES State=UP
"""


class NoCluster(Exception):
    """Why there can be no cluster on this machine."""


def check_machine() -> None:
    """Whether a cluster can be started here; raises NoCluster with the reason."""
    if os.geteuid() != 0:
        raise NoCluster("only root can start the daemons of Slurm")
    missing = [name for name in COMMANDS if not shutil.which(name)]
    if missing:
        raise NoCluster(f"no {missing[0]} here (Debian: apt-get install slurm-wlm munge)")
    if not find_spec("snakemake_executor_plugin_slurm"):
        raise NoCluster("the executor for Slurm is not installed (make setup CLUSTER=1)")
    if not CONFIGURED.parent.is_dir():
        raise NoCluster(f"this Slurm is not configured in {CONFIGURED.parent}")
    for path in (CONFIGURED, DEVICES):
        if path.exists() and not path.read_text("utf-8", "replace").startswith(MARK):
            raise NoCluster(f"this machine has a cluster of its own ({path})")


def remove_leftovers() -> None:
    """What tests left behind that were killed."""
    if not CONFIGURED.exists():
        DEVICES.unlink(missing_ok=True)
        return
    folder = Path(CONFIGURED.read_text().splitlines()[0].removeprefix(MARK))
    with suppress(OSError, ValueError):
        for pid in json.loads((folder / "pids.json").read_text()):
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if process.name() in DAEMONS:
                    process.kill()
    remove(folder)


def remove(folder: Path) -> None:
    """Remove the configuration, and the folder that it names."""
    for path in (CONFIGURED, DEVICES):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def configure(folder: Path) -> None:
    """Write the configuration of a cluster whose files lie in ``folder``."""
    host = socket.gethostname().partition(".")[0]
    controller, node = _free_ports()
    folder.chmod(0o755)  # clients have to reach the socket
    for name in ("state", "spool", "munge", "profile"):
        (folder / name).mkdir(mode=0o755)
    key = folder / "key"
    key.touch(0o600)
    key.write_bytes(os.urandom(128))
    (folder / "profile" / "config.yaml").write_text(PROFILE)
    CONFIGURED.write_text(
        f"{MARK}{folder}\n"
        + SETTINGS.format(host=host, folder=folder, controller=controller, node=node, cores=CORES)
    )
    DEVICES.write_text(f"{MARK}{folder}\nNodeName={host} Name=gpu File=/dev/null\n")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
