# SPDX-License-Identifier: Apache-2.0
"""Fuzzes the parsers, each core one target at a time, and counts the CPU time each has had."""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading

import corpora

SLICE_SECONDS = 600  # then the turn of the target that has had least
INPUT_SECONDS_MAX = 60
MEMORY_MIB_MAX = 4096
END = signal.SIGUSR1  # libFuzzer stops between two inputs, and tells what it did
LEDGER = corpora.BUILD / "ledger.json"


class Ledger:
    """{target: {"cpu_seconds", "executions"}} over all runs, in build/. Any thread."""

    def __init__(self):
        self.had = json.loads(LEDGER.read_text()) if LEDGER.exists() else {}
        self.lock = threading.Lock()

    def cpu_seconds(self, name):
        return self.had.get(name, {}).get("cpu_seconds", 0.0)

    def add(self, name, cpu_seconds, executions):
        with self.lock:
            had = self.had.setdefault(name, {"cpu_seconds": 0.0, "executions": 0})
            had["cpu_seconds"] = round(had["cpu_seconds"] + cpu_seconds, 1)
            had["executions"] += executions
            part = LEDGER.with_suffix(".part")
            part.write_text(json.dumps(self.had, indent=1) + "\n")
            part.replace(LEDGER)

    def table(self, targets):
        yield "target                 CPU minutes     executions   inputs"
        for target in targets:
            had = self.had.get(target.name, {"cpu_seconds": 0.0, "executions": 0})
            inputs = sum(len(list(folder.glob("*"))) for folder in (target.grown, target.unpacked))
            yield (
                f"{target.name:22} {had['cpu_seconds'] / 60:11.1f} {had['executions']:14,}"
                f" {inputs:8,}"
            )


class Campaign:
    """Gives each target its CPU time: as many at a time as there are workers."""

    def __init__(self, targets, ledger, until):
        self.ledger = ledger
        self.until = until  # {target: CPU seconds in all}
        self.free = list(targets)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.running = {}  # target -> process
        self.failed = []

    def missing(self, target):
        return self.until[target] - self.ledger.cpu_seconds(target.name)

    def take(self):
        """The free target that has had least of what it shall have, or None."""
        with self.lock:
            wanted = [target for target in self.free if self.missing(target) > 0]
            if not wanted or self.stopping.is_set():
                return None
            target = max(wanted, key=self.missing)
            self.free.remove(target)
            return target

    def work(self):
        while target := self.take():
            seconds = max(1, min(SLICE_SECONDS, round(self.missing(target))))
            to = self.free if self.fuzz(target, seconds) else self.failed
            with self.lock:
                to.append(target)

    def fuzz(self, target, seconds):
        """Whether nothing was found."""
        target.grown.mkdir(parents=True, exist_ok=True)
        log = corpora.BUILD / f"{target.name}.log"
        command = ["nice", "-n", "19", target.binary, f"-max_total_time={seconds}"]
        command += [f"-timeout={INPUT_SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MIB_MAX}"]
        command += ["-print_final_stats=1", f"-artifact_prefix={corpora.BUILD}/{target.name}."]
        command += [target.grown, *target.starts_from()]
        with log.open("wb") as output, self.lock:
            # A group of its own: Ctrl-C is for us, and we let it end in order.
            process = subprocess.Popen(command, stdout=output, stderr=output, process_group=0)
            self.running[target] = process
        if self.stopping.is_set():
            os.kill(process.pid, END)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        with self.lock:
            del self.running[target]
        said = log.read_text(errors="replace")
        executions = re.search(r"^stat::number_of_executed_units:\s*(\d+)", said, re.MULTILINE)
        executions = int(executions[1]) if executions else 0
        self.ledger.add(target.name, usage.ru_utime + usage.ru_stime, executions)
        if process.returncode == 0:
            print(f"{target.name}: {executions:,} executions, nothing found", flush=True)
            return True
        print(f"{target.name}: exit code {process.returncode}\n{said[-3000:]}", flush=True)
        return False

    def stop(self, *_):
        self.stopping.set()
        for process in list(self.running.values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, END)

    def run(self, workers):
        signal.signal(signal.SIGINT, self.stop)
        signal.signal(signal.SIGTERM, self.stop)
        threads = [threading.Thread(target=self.work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="those with this in the name")
    parser.add_argument("--minutes", type=float, default=1, metavar="M", help="CPU time for each")
    parser.add_argument(
        "--total", type=float, metavar="M", help="until each has had M CPU minutes over all runs"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="at a time")
    parser.add_argument(
        "--pack",
        action="store_true",
        help="instead: write the fewest inputs that reach all that was reached to test/fuzz/corpus",
    )
    options = parser.parse_args()
    targets = list(corpora.targets(options.targets))
    if not targets:
        sys.exit(f"no target has {' or '.join(options.targets)} in its name")
    if options.pack:
        for target in targets:
            print(f"{target.name}: {target.pack()} inputs", flush=True)
        return 0
    ledger = Ledger()
    if options.total is not None:
        until = {target: options.total * 60 for target in targets}
    else:
        more = options.minutes * 60
        until = {target: ledger.cpu_seconds(target.name) + more for target in targets}
    campaign = Campaign(targets, ledger, until)
    campaign.run(options.jobs)
    print("\n".join(ledger.table(targets)))
    for target in campaign.failed:
        print(f"failed: {target.name}; its input and log are build/fuzz/{target.name}.*")
    return 1 if campaign.failed else 0


if __name__ == "__main__":
    sys.exit(main())
