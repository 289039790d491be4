package exposition

import (
	"strconv"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/recent"
)

// Limits of statusd_reading. They bound the time of a scrape and the number of time
// series in Prometheus, whatever names the records have.
const (
	maxReadings      = 1000     // samples
	maxReadingRecord = 64 << 10 // bytes of a record whose readings are shown
)

// writeReadings writes the numbers of the newest record of each machine, as
//
//	statusd_reading{machine,field}     a number in the newest record of a machine
//	statusd_reading_machines_omitted   machines whose numbers are not all there, because of the limits above
//
// field is the path of the member as in -f: moving_averages.temperature. Machines are
// sorted by name; of more than maxReadings samples, the first are written, so that the
// same machines are there in each scrape. If no record names a machine, the numbers are
// those of the newest record, with an empty machine (which Prometheus takes for no label).
//
// The stream pays nothing for this: all is computed here (see Records.Machines).
func writeReadings(w *writer, records *recent.Records) {
	machines := records.Machines()
	list := machines.List
	if len(list) == 0 && machines.Unlisted == 0 {
		for _, r := range machines.View.Select(recent.Query{Limit: 1}).Records {
			list = []recent.Machine{{Last: r}}
		}
	}
	w.family("statusd_reading", "gauge", "A number in the newest record of a machine; field is its path.")
	left, omitted := maxReadings, 0
	for _, m := range list {
		if left == 0 || len(m.Last.Raw) > maxReadingRecord {
			omitted++
			continue
		}
		fields := records.Fields(m.Last)
		if len(fields) > left {
			fields = fields[:left]
			omitted++
		}
		for _, path := range fields {
			value, ok := numberAt(m.Last.Raw, path)
			if ok {
				w.sample("statusd_reading", value, "machine", m.Name, "field", path.Spell())
				left--
			}
		}
	}
	w.metric("statusd_reading_machines_omitted", "gauge", "Machines whose numbers are not all in statusd_reading, which has at most "+strconv.Itoa(maxReadings)+" samples.", float64(omitted))
}

// numberAt returns the number at a path of a record, or ok false if there is none, or it
// is too large for a float64. Of duplicate members the last counts.
//
// Requires: record is a valid object.
func numberAt(record []byte, path batch.Path) (value float64, ok bool) {
	from, to, ok := jsonscan.Find(record, path)
	if !ok || record[from] != '-' && (record[from] < '0' || record[from] > '9') {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(record[from:to]), 64)
	return value, err == nil
}
