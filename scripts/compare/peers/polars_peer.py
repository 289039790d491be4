"""polars_peer.py winavg|mavg|stats FILE: what the weir does, in Polars.

POLARS_MAX_THREADS=1 keeps it to one core.
"""

import sys

import polars as pl


def winavg(file):
    minutes = (
        pl.scan_ndjson(file, schema={"timestamp": pl.String, "duration": pl.Int64})
        .select(pl.col("timestamp").str.slice(0, 16).alias("minute"), "duration")
        .group_by("minute")
        .agg(pl.col("duration").sum().alias("s"), pl.len().cast(pl.Int64).alias("n"))
        .with_columns(pl.col("minute").str.to_datetime("%Y-%m-%d %H:%M"))
        .collect()
    )
    first, last = minutes["minute"].min(), minutes["minute"].max()
    rows = pl.select(pl.datetime_range(first, last, "1m", time_unit="us").alias("minute"))
    rows = rows.join(minutes, on="minute", how="left").sort("minute").fill_null(0)
    extra = pl.DataFrame({"minute": [last], "s": [0], "n": [0]}, schema=rows.schema)
    extra = extra.with_columns(pl.col("minute").dt.offset_by("1m"))
    ten = [pl.col(c).shift(1).fill_null(0).rolling_sum(10, min_samples=1) for c in ("s", "n")]
    return (
        pl.concat([rows, extra])
        .with_columns(ten)
        .select(
            pl.col("minute").dt.strftime("%Y-%m-%d %H:%M:%S").alias("date"),
            pl.when(pl.col("n") > 0).then(pl.col("s") / pl.col("n")).otherwise(0.0).alias("average_delivery_time"),
        )
    )


TELEMETRY = {"timestamp": pl.String, "machine": pl.String, "temperature": pl.Float64, "speed": pl.Float64, "status": pl.String}


def mavg(file):
    means = [pl.col(c).rolling_mean(5, min_samples=1) for c in ("temperature", "speed")]
    return pl.scan_ndjson(file, schema=TELEMETRY).with_columns(pl.struct(means).alias("moving_averages")).collect()


def stats(file):
    wanted = {name: TELEMETRY[name] for name in ("timestamp", "temperature", "speed")}
    names, parts = ("speed", "temperature"), []
    for c in names:
        x = pl.col(c)
        parts += [x.count().alias(c + "count"), x.mean().alias(c + "mean"), x.min().alias(c + "min"), x.max().alias(c + "max"), x.std().alias(c + "sd")]
    t = pl.col("timestamp")
    a = pl.scan_ndjson(file, schema=wanted).select(*parts, t.min().alias("from"), t.max().alias("to")).collect()
    row = a.row(0, named=True)
    return pl.DataFrame([
        {"field": c, **{s: row[c + s] for s in ("count", "mean", "min", "max", "sd")}, "from": row["from"], "to": row["to"]} for c in names
    ])


def main():
    what, file = sys.argv[1:3]
    {"winavg": winavg, "mavg": mavg, "stats": stats}[what](file).write_ndjson(sys.stdout.buffer)


if __name__ == "__main__":
    main()
