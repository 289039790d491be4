"""Runs the functions of winavg_spark, undisturbed and with executors killed, and compares the
rows with the single run's. ./run starts it, in a directory with events.ndjson, the same in
events-*, unkeyed.single and keyed.single. Lines of the table go to stdout, what the drills have
shown to descriptor 3, and what Spark says to stderr."""

import glob
import hashlib
import heapq
import os
import shutil
import sys
import threading
import time
import traceback

from pyspark import SparkConf, SparkContext

from winavg_spark import by_key, merged, of_files, of_lines

WINAVG = shutil.which("winavg")
KILL_ONCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kill_once")
ENV = {"PATH": os.environ["PATH"], "WEIR_WORK": os.environ["WEIR_WORK"]}  # all that a filter gets
words = os.fdopen(3, "w", buffering=1)


def cpu_seconds():
    """Returns the CPU time of all processes of this run, and of those they waited for."""
    ticks = 0
    for process in glob.glob("/proc/[0-9]*"):
        try:
            with open(process + "/environ", "rb") as environ, open(process + "/stat") as stat:
                if f"WEIR_WORK={ENV['WEIR_WORK']}".encode() in environ.read().split(b"\0"):
                    ticks += sum(map(int, stat.read().rpartition(")")[2].split()[11:15]))
        except OSError:
            pass  # it has ended
    return ticks / os.sysconf("SC_CLK_TCK")


def check(path, single, rows):
    """Writes the rows as a job does, and prints their line of the table."""
    cpu, wall = cpu_seconds(), time.time()
    rows.saveAsTextFile(path)
    cpu, wall = cpu_seconds() - cpu, time.time() - wall
    parts = [open(name, "rb") for name in sorted(glob.glob(path + "/part-*"))]
    result = b"".join(heapq.merge(*parts))  # LC_ALL=C sort -m
    print(f"{path:24} {hashlib.sha256(result).hexdigest()} {cpu:7.2f} {wall:7.2f}", flush=True)
    with open(single, "rb") as file:
        if file.read() != result:
            sys.exit(f"{path}: not the result of the single run")


def tasks(rdd):
    """Returns the number of tasks of each stage of a job that counts rdd."""
    sc.setJobGroup("tasks", "")
    rdd.count()
    tracker = sc.statusTracker()
    stages = tracker.getJobInfo(max(tracker.getJobIdsForGroup("tasks"))).stageIds
    return [tracker.getStageInfo(stage).numTasks for stage in sorted(stages)]


def outcome(rdd, seconds):
    """Returns what becomes of a job that collects rdd: how many lines it has, failed, or hung."""
    sc.setJobGroup("outcome", "", interruptOnCancel=True)
    timer = threading.Timer(seconds, sc.cancelJobGroup, ["outcome"])
    timer.start()
    try:
        return f"{len(rdd.collect())} lines"
    except Exception as error:
        return "hung" if "cancelled" in str(error) else "failed"
    finally:
        timer.cancel()


def drill(what, got, want):
    print(f"drill: {what}: {got}", file=words)
    if got != want:
        sys.exit(f"{what}: {got}, not {want}")


def start():
    """Returns a SparkContext whose executors work. Exits with 77 if there is none in 3 minutes."""
    conf = SparkConf().set("spark.driver.memory", "512m").set("spark.executor.memory", "512m")
    conf.set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
    conf.set("spark.driver.host", "127.0.0.1")
    conf.set("spark.shuffle.io.retryWait", "1s")  # for executors that were killed
    timer = threading.Timer(180, os._exit, [77])
    timer.start()
    try:
        context = SparkContext("local-cluster[2,1,512]", "weir", conf=conf)
        context.parallelize("ab", 2).pipe("/bin/cat").count()
    except Exception:
        traceback.print_exc()
        os._exit(77)
    timer.cancel()
    return context


sc = start()
lines = sc.textFile("events.ndjson", 8)
few = sc.parallelize(map(str, range(1000)), 4)
files = sc.parallelize(sorted(glob.glob(os.path.abspath("events-*"))), 8)

check("spark/files/unkeyed", "unkeyed.single", of_files(files, WINAVG, ENV))
check("spark/lines/unkeyed", "unkeyed.single", of_lines(lines, WINAVG, ENV))
check("spark/lines/keyed", "keyed.single", by_key(lines, WINAVG, ENV, "client_name", 3))

# An executor is killed in the map, and one in the reduce: Spark runs its tasks again, and in
# the reduce those of the map whose output it held.
killed = [os.path.abspath(f"killed-{name}") for name in ("unkeyed", "keyed")]
check("spark/killed/unkeyed", "unkeyed.single", of_lines(lines, f"{KILL_ONCE} {killed[0]} {WINAVG}", ENV))
check("spark/killed/keyed", "keyed.single", by_key(lines, f"{KILL_ONCE} {killed[1]} {WINAVG}", ENV, "client_name", 3))
marks = [os.path.isdir(mark + option) for mark in killed for option in ("--partial", "--merge")]
drill("executors killed", marks.count(True), 4)

# A bad line fails the merge, of one reducer and of several: its exit code is 1.
bad = lines.mapPartitionsWithIndex(lambda n, part: ["{bad"] + list(part)[:10] if n == 0 else [])
drill("a bad line", outcome(of_lines(bad, WINAVG, ENV), 300), "failed")
drill("a bad line, keyed", outcome(by_key(bad, WINAVG, ENV, "client_name", 3), 300), "failed")

# A mapper that fails, and whose exit code is ignored: its seal is missing.
half = f"/bin/sh -c 'head -n 10 | {WINAVG} --partial | head -n 1'"
drill("a cut partial", outcome(merged(lines.pipe(half, ENV), WINAVG, ENV), 300), "failed")

# The exit code of a filter counts with checkCode=True alone.
fails = "/bin/sh -c 'head -n 10; exit 1'"
drill("4 filters fail, by default", outcome(few.pipe(fails), 300), "40 lines")
drill("4 filters fail, checkCode=True", outcome(few.pipe(fails, checkCode=True), 300), "failed")

# A filter has the environment that it is given, and nothing else.
drill("$HOME of a filter", few.coalesce(1).pipe("/bin/sh -c 'cat >/dev/null; echo $HOME'").collect(), [""])

# Where the map runs.
mapped = few.pipe("/bin/cat", checkCode=True)
drill("tasks, coalesce(1, shuffle=True)", tasks(mapped.coalesce(1, shuffle=True)), [4, 1])
drill("tasks, coalesce(1)", tasks(mapped.coalesce(1)), [1])

# The first of two pipes fails.
failed = few.pipe("/bin/false", checkCode=True)
drill("two pipes in a stage", outcome(failed.pipe("/bin/cat", checkCode=True), 5), "hung")
shuffled = failed.coalesce(1, shuffle=True)
drill("a shuffle between them", outcome(shuffled.pipe("/bin/cat", checkCode=True), 300), "failed")
sc.stop()
