# SPDX-License-Identifier: Apache-2.0
"""What all parts of the benchmark share: running commands in turn, and telling medians with their spread."""
import statistics
import subprocess
import sys
import time


def median_ms(samples):
    return statistics.median(samples) * 1000


def spread(samples):
    return f"{median_ms(samples):7.1f} ms   (min {min(samples) * 1000:.1f}, max {max(samples) * 1000:.1f}, n={len(samples)})"


def timed(command, environment):
    begin = time.monotonic()
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    elapsed = time.monotonic() - begin
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed with status {done.returncode}:\n{done.stderr.decode(errors='replace')}")
    return elapsed, done.stdout


def alternate(runs, commands, environment):
    """Runs the commands in turn, so that a drifting machine treats them alike; one run of each is not counted."""
    samples = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            elapsed, _ = timed(command, environment)
            if number:
                samples[name].append(elapsed)
    return samples
