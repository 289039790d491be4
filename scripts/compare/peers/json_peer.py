"""json_peer.py winavg|mavg|stats FILE|-: what the weir does, with Python's json.

As winavg -w 10 (for input that is on time), mavg -n 5 -f temperature,speed and
stats -f temperature,speed -a count,mean,min,max,sd --deviation none.
"""

import calendar
import json
import math
import select
import sys
import time
from collections import deque


def winavg(lines, out):
    window = deque(maxlen=10)  # (sum, count) of the minutes before this one
    loads = json.loads
    key, at, total, count = None, 0, 0, 0

    def row(minute):
        n = sum(c for _, c in window)
        mean = sum(s for s, _ in window) / n if n else 0
        date = time.strftime("%Y-%m-%d %H:%M:00", time.gmtime(minute * 60))
        out.write('{"date":"%s","average_delivery_time":%r}\n' % (date, mean))

    for line in lines:
        event = loads(line)
        k = event["timestamp"][:16]
        if k != key:
            minute = calendar.timegm(time.strptime(k, "%Y-%m-%d %H:%M")) // 60
            if key is None:
                at = minute
                row(at)
            while at < minute:
                window.append((total, count))
                total = count = 0
                at += 1
                row(at)
            key = k
        total += event["duration"]
        count += 1
    if key is not None:
        window.append((total, count))
        row(at + 1)


def mavg(lines, out):
    temperatures, speeds = deque(maxlen=5), deque(maxlen=5)
    loads, dumps = json.loads, json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
    for line in lines:
        record = loads(line)
        temperatures.append(record["temperature"])
        speeds.append(record["speed"])
        record["moving_averages"] = {
            "temperature": sum(temperatures) / len(temperatures),
            "speed": sum(speeds) / len(speeds),
        }
        out.write(dumps(record) + "\n")


def stats(lines, out):
    loads = json.loads
    names = ("speed", "temperature")
    state = {name: [0, 0.0, 0.0, math.inf, -math.inf] for name in names}  # n, mean, m2 (Welford), min, max
    first = last = None
    for line in lines:
        record = loads(line)
        stamp = record["timestamp"]
        if first is None or stamp < first:
            first = stamp
        if last is None or stamp > last:
            last = stamp
        for name in names:
            x, s = record[name], state[name]
            s[0] += 1
            d = x - s[1]
            s[1] += d / s[0]
            s[2] += d * (x - s[1])
            if x < s[3]:
                s[3] = x
            if x > s[4]:
                s[4] = x
    for name in names:
        n, mean, m2, least, most = state[name]
        out.write(json.dumps({"field": name, "count": n, "mean": mean, "min": least, "max": most,
                              "sd": math.sqrt(m2 / (n - 1)), "from": first, "to": last}) + "\n")


class Live:
    """Writes out whenever the input has nothing more to read."""

    def __init__(self, out):
        self.out = out

    def write(self, text):
        self.out.write(text)
        if not select.select([0], [], [], 0)[0]:
            self.out.flush()


def main():
    what, path = sys.argv[1:3]
    lines = sys.stdin.buffer if path == "-" else open(path, "rb", buffering=1 << 18)
    out = Live(sys.stdout) if sys.argv[3:] == ["--live"] else sys.stdout
    {"winavg": winavg, "mavg": mavg, "stats": stats}[what](lines, out)


if __name__ == "__main__":
    main()
