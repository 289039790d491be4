# jq -nc -f stats.jq FILE: as stats -f temperature,speed -a count,mean,min,max,sd
# --deviation none. Sums are of the differences from the first reading, so that
# the squares do not cancel.
reduce inputs as $e (null;
	$e.temperature as $t | $e.speed as $s | $e.timestamp as $at
	| if . == null then {n: 1, t: $t, s: $s, td: 0, tq: 0, sd: 0, sq: 0, tmin: $t, tmax: $t, smin: $s, smax: $s, from: $at, to: $at}
	else ($t - .t) as $x | ($s - .s) as $y | {
		n: (.n + 1), t, s,
		td: (.td + $x), tq: (.tq + $x * $x), sd: (.sd + $y), sq: (.sq + $y * $y),
		tmin: (if $t < .tmin then $t else .tmin end), tmax: (if $t > .tmax then $t else .tmax end),
		smin: (if $s < .smin then $s else .smin end), smax: (if $s > .smax then $s else .smax end),
		from: (if $at < .from then $at else .from end), to: (if $at > .to then $at else .to end)
	} end)
| def row($name; $first; $d; $q; $min; $max): {
	field: $name, count: .n, mean: ($first + $d / .n), min: $min, max: $max,
	sd: (($q - $d * $d / .n) / (.n - 1) | sqrt), from, to};
row("speed"; .s; .sd; .sq; .smin; .smax), row("temperature"; .t; .td; .tq; .tmin; .tmax)
