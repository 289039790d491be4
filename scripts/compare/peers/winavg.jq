# jq -nc -f winavg.jq FILE: as winavg -w 10, for input without late events.
def epoch: strptime("%Y-%m-%d %H:%M") | mktime / 60;
def row($t): {
	date: ($t * 60 | strftime("%Y-%m-%d %H:%M:00")),
	average_delivery_time: ((map(.[1]) | add) as $n | if ($n // 0) == 0 then 0 else (map(.[0]) | add) / $n end)
};
# Adds the current minute to the ten before it and prints rows up to minute $t.
def roll($t):
	reduce range(.t + 1; $t + 1) as $next (.;
		.w = (.w + [[.s, .n]])[-10:] | .s = 0 | .n = 0 | .out += [.w | row($next)]);
foreach (inputs, null) as $e (null;
	if . == null then
		($e.timestamp[0:16]) as $k | ($k | epoch) as $t
		| {k: $k, t: $t, s: $e.duration, n: 1, w: [], out: [[] | row($t)]}
	elif $e == null then .out = [] | roll(.t + 1)
	elif $e.timestamp[0:16] == .k then {k, t, w, s: (.s + $e.duration), n: (.n + 1), out: []}
	else
		($e.timestamp[0:16]) as $k | ($k | epoch) as $t
		| .out = [] | roll($t) | .k = $k | .t = $t | .s = $e.duration | .n = 1
	end;
	.out[])
