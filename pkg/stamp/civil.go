package stamp

import "strconv"

// This file converts between days and dates. The functions are Howard Hinnant's
// days_from_civil and civil_from_days
// (https://howardhinnant.github.io/date_algorithms.html), with his names: years
// begin in March, so that a leap day is the last day of its year; an era is 400
// years, after which the calendar repeats, and has 146,097 days; yoe and doe are
// the year and the day of the era, doy is the day of the year. 719,468 is the
// number of days from 0000-03-01 to 1970-01-01.

// daysFromCivil returns the number of days from 1970-01-01 to a date.
// Requires y >= 1.
//
// From March on, months have 31, 30, 31, 30, 31 days, twice and once more in part:
// 153 in five. So (153 × n + 2) / 5 is the number of days before month n of such a
// year, where March is month 0.
func daysFromCivil(y, m, d int64) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// civilFromDays is the inverse of daysFromCivil, for days of either sign.
//
// doe/1460 counts the leap days at the end of each four years, doe/36524 the
// centuries, whose last year has none, and doe/146096 is 1 on the leap day at the
// end of the era. Corrected by these, each year has 365 days.
func civilFromDays(days int64) (y, m, d int64) {
	z := days + 719468
	era := z / 146097
	if z%146097 < 0 {
		era--
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m, d = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if m > 12 {
		y, m = y+1, m-12
	}
	return y, m, d
}

// leapYear reports whether y has a 29 February.
func leapYear(y int64) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// daysIn returns the number of days of month m in year y.
func daysIn(y, m int64) int64 {
	switch m {
	case 2:
		if leapYear(y) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// AppendDateTime appends sec, seconds since the epoch, as YYYY-MM-DD HH:MM:SS in
// UTC. A row may be a window before or after the years that a Parser reads: a year
// after 9999 has five digits (10000-01-01 00:00:00), the year before 0001 is 0000,
// and earlier ones have a minus sign. It allocates nothing if dst has free capacity
// for 19 bytes.
func AppendDateTime(dst []byte, sec int64) []byte {
	days, rest := sec/day, sec%day
	if rest < 0 {
		days, rest = days-1, rest+day
	}
	y, m, d := civilFromDays(days)
	if y < 0 {
		dst, y = append(dst, '-'), -y
	}
	dst = appendYear(dst, y)
	dst = appendPair(append(dst, '-'), m)
	dst = appendPair(append(dst, '-'), d)
	dst = appendPair(append(dst, ' '), rest/hour)
	dst = appendPair(append(dst, ':'), rest%hour/minute)
	return appendPair(append(dst, ':'), rest%minute)
}

// appendYear appends y with at least four digits. Requires y >= 0.
func appendYear(dst []byte, y int64) []byte {
	if y > 9999 {
		dst = strconv.AppendInt(dst, y/10000, 10)
	}
	return appendPair(appendPair(dst, y/100%100), y%100)
}

// appendPair appends the two digits of n. Requires 0 <= n < 100.
func appendPair(dst []byte, n int64) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}
