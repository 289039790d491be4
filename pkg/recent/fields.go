package recent

import (
	"slices"
	"strconv"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
)

// Limits of [Records.Fields]. A record may be large; they bound the time and the memory
// that the names of its fields take, also for 10,000 machines at a time.
const (
	MaxFields     = 64      // fields that are returned
	maxFieldBytes = 2 << 10 // bytes of their paths, in total
	maxFieldDepth = 8       // levels of objects and arrays that are entered
)

// Fields returns the paths of the members of a record that are numbers, in the order of
// the record, at any level and in arrays too; but not the time and the machine. It stops
// after MaxFields, or 2 KiB of names, and enters no more than 8 levels.
func (rs *Records) Fields(r *Record) []batch.Path {
	f := fieldFinder{time: rs.o.Time, machine: rs.o.Machine}
	f.object(r.Raw)
	return f.found
}

// fieldFinder finds numbers in a valid JSON text.
type fieldFinder struct {
	time, machine batch.Path // are left out
	path          batch.Path // where it is
	found         []batch.Path
	bytes         int // of all names in found
	full          bool
}

// object finds the numbers of an object.
func (f *fieldFinder) object(text []byte) {
	for name, value := range jsonscan.Members(text) {
		f.value(name, value)
		if f.full {
			return
		}
	}
}

// array finds the numbers of an array.
func (f *fieldFinder) array(text []byte) {
	for i, n := jsonscan.Space(text, 1), 0; text[i] != ']'; n++ {
		if text[i] == ',' {
			i = jsonscan.Space(text, i+1)
		}
		size, _ := jsonscan.Value(text[i:], 0)
		f.value(strconv.Itoa(n), text[i:i+size])
		if f.full {
			return
		}
		i = jsonscan.Space(text, i+size)
	}
}

// value adds a value if it is a number, and enters it if it is an object or an array.
func (f *fieldFinder) value(name string, text []byte) {
	f.path = append(f.path, name)
	defer func() { f.path = f.path[:len(f.path)-1] }()
	c := text[0]
	switch {
	case c == '-' || c >= '0' && c <= '9':
		f.add()
	case len(f.path) >= maxFieldDepth:
	case c == '{':
		f.object(text)
	case c == '[':
		f.array(text)
	}
}

// add adds the present path, unless it is there already: of duplicate members, there may
// be several.
func (f *fieldFinder) add() {
	size := 0
	for _, name := range f.path {
		size += len(name)
	}
	if len(f.found) == MaxFields || f.bytes+size > maxFieldBytes {
		f.full = true
		return
	}
	if f.path.Equal(f.time) || f.path.Equal(f.machine) || slices.ContainsFunc(f.found, f.path.Equal) {
		return
	}
	f.bytes += size
	f.found = append(f.found, slices.Clone(f.path))
}
