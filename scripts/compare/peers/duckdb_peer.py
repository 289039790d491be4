"""duckdb_peer.py COMMAND FILE [THREADS]: the answers of weir in DuckDB's SQL.

The commands are those of ondemand.cpp, and mixed: stats of fields that lines may lack.
"""

import sys

import duckdb

WINAVG = """
with events as (
  select date_trunc('minute', timestamp) as minute, sum(duration) as s, count(*) as n
  from read_json(FILE, format = 'newline_delimited', columns = {timestamp: 'TIMESTAMP', duration: 'BIGINT'})
  group by 1
), rows as (
  select unnest(generate_series(min(minute), max(minute) + interval 1 minute, interval 1 minute)) as t from events
)
select strftime(t, '%Y-%m-%d %H:%M:%S') as date,
  coalesce(sum(s) over w / sum(n) over w, 0) as average_delivery_time
from rows left join events on minute = t
window w as (order by t rows between 10 preceding and 1 preceding)
order by t
"""

MAVG = """
select timestamp, machine, temperature, speed, status, {
  temperature: avg(temperature) over w,
  speed: avg(speed) over w
} as moving_averages
from read_json(FILE, format = 'newline_delimited', columns = {
  timestamp: 'VARCHAR', machine: 'VARCHAR', temperature: 'DOUBLE', speed: 'DOUBLE', status: 'VARCHAR'})
window w as (rows between 4 preceding and current row)
"""

KEYED_WINAVG = """
with minutes as (
  select date_trunc('minute', timestamp) as minute, machine, sum(temperature) as s, count(*) as n
  from read_json(FILE, format = 'newline_delimited', columns = {
    timestamp: 'TIMESTAMP', machine: 'VARCHAR', temperature: 'DECIMAL(18,2)'})
  group by all
)
select strftime(minute + to_minutes(k), '%Y-%m-%d %H:%M:%S') as date, machine, sum(s) / sum(n) as average_temperature
from minutes, range(1, 3) as r(k)
group by all
order by date, machine
"""

KEYED_MAVG = """
with r as (
  select *, row_number() over () as line
  from read_json(FILE, format = 'newline_delimited', columns = {
    timestamp: 'VARCHAR', machine: 'VARCHAR', temperature: 'DOUBLE', speed: 'DOUBLE', status: 'VARCHAR'})
)
select timestamp, machine, temperature, speed, status, {
  temperature: avg(temperature) over w,
  speed: avg(speed) over w
} as moving_averages
from r
window w as (partition by machine order by line rows between 4 preceding and current row)
order by line
"""

NESTED = """
with events as (
  select date_trunc('minute', timestamp) as minute, sum(http.latency_ms) as s, count(*) as n
  from read_json(FILE, format = 'newline_delimited', columns = {
    timestamp: 'TIMESTAMP', http: 'STRUCT(latency_ms DECIMAL(18,2))'})
  group by 1
), rows as (
  select unnest(generate_series(min(minute), max(minute) + interval 1 minute, interval 1 minute)) as t from events
)
select strftime(t, '%Y-%m-%d %H:%M:%S') as date, coalesce(sum(s) over w / sum(n) over w, 0) as latency
from rows left join events on minute = t
window w as (order by t rows between 10 preceding and 1 preceding)
order by t
"""

SUMMARY = "count: count(X), mean: avg(X), min: min(X), max: max(X), sd: stddev_samp(X)"


def stats(*fields, of=SUMMARY, key="", times="timestamp"):
    """Returns a query with a row for each field, and for each value of key."""
    of = "{field: 'X', " + of + f', "from": min({times}), "to": max({times})' + "}"
    columns = {"timestamp": "VARCHAR", **{x: "DOUBLE" for x in fields}, **({key: "VARCHAR"} if key else {})}
    by = key + ", " if key else ""
    return f"""
with a as (
  select {by} [{", ".join(of.replace("X", x) for x in fields)}] as rows
  from read_json(FILE, format = 'newline_delimited', columns = {columns})
  {"group by " + key if key else ""}
), r as (
  select {by} unnest(rows) as row from a
)
select {by} unnest(row) from r where row."from" is not null order by {by} row.field
"""


QUERIES = {
    "winavg": WINAVG,
    "mavg": MAVG,
    "stats": stats("temperature", "speed"),
    "keyed-winavg": KEYED_WINAVG,
    "keyed-mavg": KEYED_MAVG,
    "keyed-stats": stats("temperature", "speed", key="machine"),
    "nested": NESTED,
    "one": stats("f30"),
    "all": stats(*(f"f{i:02}" for i in range(1, 60))),
    "mixed": stats("temperature", "speed", times="case when X is not null then timestamp end"),
    "quantiles": stats("temperature", "speed", of="median: quantile_cont(X, 0.5), p95: quantile_cont(X, 0.95)"),
}


def main():
    what, file = sys.argv[1:3]
    db = duckdb.connect()
    if len(sys.argv) > 3:
        db.execute(f"set threads = {int(sys.argv[3])}")
    query = QUERIES[what].replace("FILE", "'" + file.replace("'", "''") + "'")
    db.execute(f"copy ({query}) to '/dev/stdout' (format json)")


if __name__ == "__main__":
    main()
