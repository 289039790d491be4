"""winavg on Spark: the functions to copy.

Each takes an RDD of lines and returns an RDD of the rows that `winavg -w 10 --lateness all`
prints for the same lines on one machine, byte for byte.

RDD.pipe starts a command for each partition. What it needs:
  - checkCode=True: by default Spark ignores the exit code, and what a command printed before
    it failed counts as its output.
  - an absolute path: there is no shell, and the environment is empty but for env.
  - a shuffle between two pipes: in one stage they hang for ever if the first one fails.
"""


def unkeyed(lines, winavg, env):
    """Returns the rows in time order, in one partition.

    Each partition ends with a seal, so that the merge sees whether all are there, and whole.
    """
    partials = lines.pipe(f"{winavg} --partial", env, checkCode=True)
    # Without shuffle=True, Spark would run everything before it in the one task of the merge.
    together = partials.coalesce(1, shuffle=True)
    merge = f"{winavg} -w 10 --merge --expect {lines.getNumPartitions()}"
    return together.pipe(merge, env, checkCode=True)


def keyed(lines, winavg, env, key, reducers):
    """Returns the rows in as many partitions as there are reducers: all rows of a key are in
    one partition, and each is in order of time and key, as `LC_ALL=C sort -m` wants it.

    A reducer gets a part of each mapper's lines, so there are no seals to compare them with:
    that each line arrives once, Spark promises.
    """
    partials = lines.pipe(f"{winavg} -g {key} --partial=tsv --no-seal", env, checkCode=True)
    by_key = partials.keyBy(lambda line: line.split("\t", 1)[0]).partitionBy(reducers).values()
    return by_key.pipe(f"{winavg} -w 10 -g {key} --merge --no-seal", env, checkCode=True)
