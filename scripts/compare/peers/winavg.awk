# mawk -f winavg.awk FILE: as winavg -w 10, for input without late events
# whose members have the positions of the compared input. It does not parse JSON:
# the fourth piece between quotes is the time, the last one has the duration.
BEGIN { FS = "\"" }
{
	k = substr($4, 1, 16)
	if (k != last) {
		minute = epoch(k)
		if (last == "") { now = minute; row() }
		while (now < minute) step()
		last = k
	}
	s += substr($NF, 2) # : 98}
	n++
}
END { step() }
function step() {
	sums[now % 10] = s
	counts[now % 10] = n
	s = n = 0
	now++
	row()
}
function row(    i, sum, count) {
	for (i = 0; i < 10; i++) { sum += sums[i]; count += counts[i] }
	printf "{\"date\":\"%s\",\"average_delivery_time\":%.17g}\n", date(now), count ? sum / count : 0
}
# Days from civil and back: Howard Hinnant, chrono-compatible low-level date
# algorithms.
function epoch(k,    y, m, d, era, yoe, doy) {
	y = substr(k, 1, 4) + 0; m = substr(k, 6, 2) + 0; d = substr(k, 9, 2) + 0
	y -= m <= 2
	era = int(y / 400); yoe = y - era * 400
	doy = int((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5) + d - 1
	return (era * 146097 + yoe * 365 + int(yoe / 4) - int(yoe / 100) + doy - 719468) * 1440 + substr(k, 12, 2) * 60 + substr(k, 15, 2)
}
function date(t,    z, era, doe, yoe, y, doy, mp, d, m, clock) {
	clock = t % 1440
	z = int(t / 1440) + 719468
	era = int(z / 146097); doe = z - era * 146097
	yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
	doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
	mp = int((5 * doy + 2) / 153)
	d = doy - int((153 * mp + 2) / 5) + 1
	m = mp < 10 ? mp + 3 : mp - 9
	y = yoe + era * 400 + (m <= 2)
	return sprintf("%04d-%02d-%02d %02d:%02d:00", y, m, d, int(clock / 60), clock % 60)
}
