package ndjson_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// TestManyDuplicates: of a name that comes many times in a record, the last value counts,
// in the last one's place, and no memory is needed for the others.
func TestManyDuplicates(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for names := 1; names <= 200; names *= 3 {
		var text bytes.Buffer
		var want []string
		for range 3 { // the names are new in the first record
			var members, readings []string
			last := map[int]int{}
			for i := range 2_000 {
				n := random.IntN(names)
				value := strconv.Itoa(i)
				if i%7 == 0 {
					value = "null"
				}
				last[n] = i
				members = append(members, fmt.Sprintf(`"n%d":%s`, n, value))
			}
			for i, m := range members {
				name, value, _ := strings.Cut(m, ":")
				n, _ := strconv.Atoi(strings.Trim(name, `"n`))
				if last[n] == i && value != "null" {
					readings = append(readings, m)
				}
			}
			fmt.Fprintf(&text, "{%s}\n", strings.Join(members, ","))
			want = append(want, strings.Join(readings, ","))
		}
		var got []string
		rd := ndjson.NewRecords(batch.Plan{All: true}, ndjson.Options{})
		rd.Reset(&text, "-")
		for range want {
			r, err := rd.Next()
			if err != nil {
				t.Fatal(err)
			}
			var readings []string
			for i := range r.Len() {
				slot, num := r.At(i)
				readings = append(readings, string(r.Name(slot))+":"+string(num.Append(nil)))
			}
			got = append(got, strings.Join(readings, ","))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d names:\n%q\nwant\n%q", names, got, want)
		}
	}
}
