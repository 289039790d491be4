package stamp

import "strconv"

// daysFromCivil is the number of days from 1970-01-01 to a date of the proleptic Gregorian calendar, for y >= 1.
// It is Howard Hinnant's days_from_civil (https://howardhinnant.github.io/date_algorithms.html): years begin in March, so that
// the leap day is their last, and 400 of them make an era of 146,097 days.
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

// civilFromDays undoes daysFromCivil, for days of either sign (civil_from_days of the same source).
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

func leapYear(y int64) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

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

// AppendDateTime appends sec seconds since the epoch as YYYY-MM-DD HH:MM:SS, UTC. A row may lie a window beside the years that
// are read: a year past 9999 takes the digits it needs (10000-01-01 00:00:00), the year before 0001 is 0000, and earlier ones
// have a minus sign. It allocates nothing if dst has room for 19 bytes.
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

func appendYear(dst []byte, y int64) []byte {
	if y > 9999 {
		dst = strconv.AppendInt(dst, y/10000, 10)
	}
	return appendPair(appendPair(dst, y/100%100), y%100)
}

func appendPair(dst []byte, n int64) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}
