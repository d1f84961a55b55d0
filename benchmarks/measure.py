"""One measurement in a process of its own; prints member-steps per second."""

import sys
import tempfile
from pathlib import Path


def main(side: str, argument: str) -> float:
    """Rate of the published loop (``peer``) or of our engine (``ours``)."""
    if side == "ours":
        return _ours(argument)
    kind, value = argument.split()
    if kind == "modular":
        import jax

        jax.config.update("jax_enable_x64", value == "float64")
        from benchmarks.published_loop import modular_steps_per_s

        return modular_steps_per_s(500 if value == "float64" else 1500, value)
    from benchmarks.published_loop import parity_steps_per_s

    return parity_steps_per_s(5000, int(value), 1250)


def _ours(spec: str) -> float:
    from reprise.specs.runs import jobs, run_spec
    from reprise.training.devices import configure
    from reprise.training.loop import train
    from reprise.training.resume import ResumeStore
    from reprise.training.telemetry import Meter

    run = run_spec("pearce2023").model_validate_json(spec)
    job = jobs(run)[0]
    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder) / "cache", run.dtype, run.threads)
        meter = Meter(run, lambda progress: None)
        train(job, ResumeStore(Path(folder) / "states", "benchmark"), meter)
    return len(job.members) * (meter.updates_per_s or 0.0)


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2]))
