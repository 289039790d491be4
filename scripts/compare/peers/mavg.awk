# mawk -f mavg.awk FILE: as mavg -n 5 -f temperature,speed, for lines whose
# members have the positions of the compared input. It does not parse JSON.
BEGIN { FS = "[:,]"; OFMT = CONVFMT = "%.17g" }
{
	t = $(NF - 4); s = $(NF - 2) # "temperature":T,"speed":S,"status":X}
	i = NR % 5
	ts += t - lastT[i]; ss += s - lastS[i]
	lastT[i] = t; lastS[i] = s
	n = NR < 5 ? NR : 5
	printf "%s,\"moving_averages\":{\"temperature\":%.15g,\"speed\":%.15g}}\n", substr($0, 1, length($0) - 1), ts / n, ss / n
	if (interactive) fflush()
}
