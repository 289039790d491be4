"""winavg on Spark: the functions to copy.

Each returns an RDD of the rows that `winavg -w 10 --lateness all` prints for the same events
on one machine, byte for byte. winavg is its absolute path, env the environment that it gets.

RDD.pipe starts a command for each partition. What it needs:
  - checkCode=True: by default Spark ignores the exit code, and what a command printed before
    it failed counts as its output.
  - absolute paths: there is no shell, and the environment is empty but for env.
  - a shuffle between two pipes: in one stage they hang for ever if the first one fails.
"""


def of_lines(lines, winavg, env):
    """lines: an RDD of events. The rows are in order, in one partition."""
    return merged(lines.pipe(f"{winavg} --partial", env, checkCode=True), winavg, env)


def of_files(names, winavg, env):
    """names: an RDD of absolute paths of files that all executors can read, plain, gzip or zstd.

    Their bytes go neither through Java nor through Python, as those of lines do: that costs far
    more than winavg, and replaces what is not UTF-8, which winavg would report.
    """
    mapper = f"/usr/bin/xargs -d '\\n' {winavg} --partial"
    return merged(names.pipe(mapper, env, checkCode=True), winavg, env)


def merged(partials, winavg, env):
    """Each partition ends with a seal. The merge fails if one is missing, or does not fit."""
    # Without shuffle=True, Spark would run everything before it in the one task of the merge.
    together = partials.coalesce(1, shuffle=True)
    merge = f"{winavg} -w 10 --merge --expect {partials.getNumPartitions()}"
    return together.pipe(merge, env, checkCode=True)


def by_key(lines, winavg, env, key, reducers):
    """lines: an RDD of events. All rows of a key are in one of the partitions, of which there
    are as many as reducers. Each is in order; `LC_ALL=C sort -m` merges them.

    A reducer gets a part of each mapper's rows, so it cannot compare them with the seals
    (--no-seal): that each row arrives once, Spark promises. All seals have an empty key and go
    to one reducer, which fails if they tell of bad lines.
    """
    partials = lines.pipe(f"{winavg} -g {key} --partial=tsv", env, checkCode=True)
    keyed = partials.keyBy(lambda line: line.split("\t", 1)[0])
    merge = f"{winavg} -w 10 -g {key} --merge --no-seal"
    return keyed.partitionBy(reducers).values().pipe(merge, env, checkCode=True)
