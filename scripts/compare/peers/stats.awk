# mawk -f stats.awk FILE: as stats -f temperature,speed -a count,mean,min,max,sd
# --deviation none, for lines whose members have the positions of the compared
# input (Welford's recurrence). It does not parse JSON.
BEGIN { FS = "[:,]" }
{
	t = $(NF - 4) + 0; s = $(NF - 2) + 0 # "temperature":T,"speed":S,"status":X}
	time = substr($0, 15, 20)
	if (NR == 1) { tmin = tmax = t; smin = smax = s; from = to = time }
	d = t - tmean; tmean += d / NR; tm2 += d * (t - tmean)
	d = s - smean; smean += d / NR; sm2 += d * (s - smean)
	if (t < tmin) tmin = t
	if (t > tmax) tmax = t
	if (s < smin) smin = s
	if (s > smax) smax = s
	if (time < from) from = time
	if (time > to) to = time
}
END {
	show("speed", smean, smin, smax, sm2)
	show("temperature", tmean, tmin, tmax, tm2)
}
function show(name, mean, min, max, m2) {
	printf "{\"field\":\"%s\",\"count\":%d,\"mean\":%.17g,\"min\":%.17g,\"max\":%.17g,\"sd\":%.17g,\"from\":\"%s\",\"to\":\"%s\"}\n", name, NR, mean, min, max, sqrt(m2 / (NR - 1)), from, to
}
