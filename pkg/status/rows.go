package status

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// formatTime returns t, which is in UTC, as the store has it.
func formatTime(t time.Time) string { return t.Format(TimeLayout) }

// formatBound returns the limit of a Query as text to compare the store's times with, which
// are whole milliseconds: a fraction of one is rounded up. A year that does not have the
// four digits that text order needs becomes the first or the last that has.
func formatBound(t time.Time) string {
	t = t.Add(time.Millisecond - 1).UTC()
	switch {
	case t.Year() < 0:
		t = time.Date(0, time.January, 1, 0, 0, 0, 0, time.UTC)
	case t.Year() > 9999:
		return "9999-12-31T23:59:59.999Z~" // after all times
	}
	return formatTime(t)
}

// parseTime is the inverse of formatTime. seq says where the text is from.
func parseTime(text string, seq uint64) (time.Time, error) {
	t, err := time.Parse(TimeLayout, text)
	if err != nil {
		return t, fmt.Errorf("the time of change %d is %.40q, not of the form %s", seq, text, TimeLayout)
	}
	return t, nil
}

// querier is a *sql.DB or *sql.Tx.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
}

// loadStatuses returns all statuses of a store by machine, and the number of the newest
// Change.
func loadStatuses(q querier) (statuses map[string]Status, seq uint64, err error) {
	statuses = map[string]Status{}
	seq, err = newestSeq(q)
	if err != nil {
		return nil, 0, err
	}
	rows, err := q.Query("SELECT machine, status, since, seq FROM statuses")
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var machine, since string
		var s Status
		err := rows.Scan(&machine, &s.Word, &since, &s.Seq)
		if err != nil {
			return nil, 0, err
		}
		s.Since, err = parseTime(since, s.Seq)
		if err != nil {
			return nil, 0, err
		}
		statuses[machine] = s
		seq = max(seq, s.Seq)
	}
	return statuses, seq, rows.Err()
}

// newestSeq returns the largest Seq of the history; 0 if it is empty. The status that it has
// set may be missing, if the file was edited by hand.
func newestSeq(q querier) (seq uint64, err error) {
	rows, err := q.Query("SELECT coalesce(max(seq), 0) FROM changes")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		err = rows.Scan(&seq)
		if err != nil {
			return 0, err
		}
	}
	return seq, rows.Err()
}

// clockTimes returns the times of some Changes for a clock, in the order of Seq, of which
// newest is the largest.
func clockTimes(q querier, newest uint64) ([]time.Time, error) {
	const text = `SELECT seq, time FROM changes WHERE seq % ?1 = 0 AND seq <= ?2
		UNION ALL SELECT seq, time FROM changes WHERE seq > ?2 ORDER BY seq`
	step := 1 + newest/clockChanges
	rows, err := q.Query(text, step, newest-min(newest, clockChanges))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var times []time.Time
	for rows.Next() {
		var seq uint64
		var at string
		err := rows.Scan(&seq, &at)
		if err != nil {
			return nil, err
		}
		t, err := parseTime(at, seq)
		if err != nil {
			return nil, err
		}
		times = append(times, t)
	}
	return times, rows.Err()
}

// selectChanges returns the Changes that q selects, oldest first.
func selectChanges(db querier, q Query) ([]Change, error) {
	text, args := q.sql()
	rows, err := db.Query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	changes := []Change{}
	for rows.Next() {
		var c Change
		var at string
		err := rows.Scan(&c.Seq, &c.Machine, &c.Before, &c.Word, &at)
		if err != nil {
			return nil, err
		}
		c.Time, err = parseTime(at, c.Seq)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	slices.Reverse(changes)
	return changes, rows.Err()
}

// sql returns the query as SQL, which selects the newest first.
func (q *Query) sql() (text string, args []any) {
	var conditions []string
	where := func(condition string, arg any) {
		conditions = append(conditions, condition)
		args = append(args, arg)
	}
	if q.Machine != nil {
		where("machine = ?", *q.Machine)
	}
	if !q.From.IsZero() {
		where("time >= ?", formatBound(q.From))
	}
	if !q.To.IsZero() {
		where("time < ?", formatBound(q.To))
	}
	if q.Before > 0 {
		where("seq < ?", int64(min(q.Before, 1<<63-1)))
	}
	text = "SELECT seq, machine, before, status, time FROM changes"
	if conditions != nil {
		text += " WHERE " + strings.Join(conditions, " AND ")
	}
	text += " ORDER BY seq DESC"
	if q.Limit > 0 {
		text += " LIMIT ?"
		args = append(args, q.Limit)
	}
	return text, args
}
