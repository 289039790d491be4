"""Writes ewma.json: exponentially weighted means as pandas computes them.

    python3 ewma.py > ewma.json

By readings: Series.ewm(halflife=h, adjust=False).mean(). By time, pandas takes the times of
ewm(halflife=..., times=...) with adjust=False from version 3.0 on.
"""

import json
import random
import sys

import pandas as pd

random.seed(17)
cases = []
for half in [0.5, 1, 2, 10, 144.25, 100000]:
    values = [round(random.gauss(70, 5), random.choice([0, 1, 2, 3])) for _ in range(60)]
    means = pd.Series(values).ewm(halflife=half, adjust=False).mean()
    cases.append({"readings": half, "values": values, "ewma": list(means)})
for half in ["1s", "90s", "5min", "1h", "7D"]:
    seconds, at = [], 0.0
    values = [round(random.gauss(70, 5), 2) for _ in range(60)]
    for _ in values:
        at += random.choice([0.25, 1, 1, 1, 7, 60, 600, 86400])
        seconds.append(at)
    times = pd.to_datetime(seconds, unit="s")
    means = pd.Series(values).ewm(halflife=pd.Timedelta(half), times=times, adjust=False).mean()
    cases.append({"seconds": pd.Timedelta(half).total_seconds(), "times": seconds, "values": values, "ewma": list(means)})
json.dump({"pandas": pd.__version__, "cases": cases}, sys.stdout, indent=None)
print()
