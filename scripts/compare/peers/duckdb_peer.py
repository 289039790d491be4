"""duckdb_peer.py winavg|mavg|stats FILE [THREADS]: what the weir does, in DuckDB's SQL."""

import sys

import duckdb

WINAVG = """
with events as (
  select date_trunc('minute', timestamp) as minute, sum(duration) as s, count(*) as n
  from read_json('{file}', format = 'newline_delimited', columns = {{timestamp: 'TIMESTAMP', duration: 'BIGINT'}})
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
select timestamp, machine, temperature, speed, status, {{
  temperature: avg(temperature) over w,
  speed: avg(speed) over w
}} as moving_averages
from read_json('{file}', format = 'newline_delimited', columns = {{
  timestamp: 'VARCHAR', machine: 'VARCHAR', temperature: 'DOUBLE', speed: 'DOUBLE', status: 'VARCHAR'}})
window w as (rows between 4 preceding and current row)
"""

STATS = """
with r as (
  select * from read_json('{file}', format = 'newline_delimited', columns = {{
    timestamp: 'VARCHAR', temperature: 'DOUBLE', speed: 'DOUBLE'}})
), a as (
  select count(speed) as n, avg(speed) as m, min(speed) as lo, max(speed) as hi, stddev_samp(speed) as sd,
    count(temperature) as n2, avg(temperature) as m2, min(temperature) as lo2, max(temperature) as hi2, stddev_samp(temperature) as sd2,
    min(timestamp) as since, max(timestamp) as til
  from r
)
select 'speed' as field, n as count, m as mean, lo as min, hi as max, sd, since as "from", til as "to" from a
union all
select 'temperature', n2, m2, lo2, hi2, sd2, since, til from a
"""


def main():
    what, file = sys.argv[1:3]
    db = duckdb.connect()
    if len(sys.argv) > 3:
        db.execute(f"set threads = {int(sys.argv[3])}")
    query = {"winavg": WINAVG, "mavg": MAVG, "stats": STATS}[what].format(file=file.replace("'", "''"))
    db.execute(f"copy ({query}) to '/dev/stdout' (format json)")


if __name__ == "__main__":
    main()
