package lines_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"weir/pkg/exact"
	"weir/pkg/lines"
)

// texts are texts that a table has to quote or to escape.
var texts = []string{
	"", "m1", "a,b", `say "x"`, "two\nlines", "a\rb", "a\r\nb", "\t", "a\tb", ` a`, "a ", "null", "\\", `\t`, `\.`, "\"", "\",\"",
	"é \u2028 \U0001f600", "=1+1", "'", ";", "#", "\u00a0", "\x00", "\x7f",
}

// table returns rows of texts as w prints them, with a header, and each text as a JSON string.
func table(t *testing.T, format lines.Format, header []string, rows [][]string) string {
	t.Helper()
	var out bytes.Buffer
	w := lines.New(&out, -1, nil)
	w.SetFormat(format)
	w.Header(header)
	for _, row := range rows {
		w.Object()
		for i, text := range row {
			w.Name([]byte(`"name"`))
			quoted, err := json.Marshal(text)
			switch {
			case err != nil:
				t.Fatal(err)
			case i%2 == 0:
				w.Raw(quoted)
			default:
				w.Text(text)
			}
		}
		w.End()
	}
	if w.Lines() != int64(len(rows)) {
		t.Errorf("%d lines were counted, want %d", w.Lines(), len(rows))
	}
	err := w.Flush()
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// randomRows returns rows of texts of a table.
func randomRows(r *rand.Rand, width int) (rows [][]string) {
	for range 50 {
		row := make([]string, width)
		for i := range row {
			for range 1 + r.IntN(3) {
				row[i] += texts[r.IntN(len(texts))]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// TestCSV: encoding/csv reads back every text, in the header as well.
func TestCSV(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for width := 1; width <= 5; width++ {
		rows := randomRows(r, width)
		header := randomRows(r, width)[0]
		text := table(t, lines.CSV, header, rows)
		got, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		for i, want := range append([][]string{header}, rows...) {
			want = slices.Clone(want)
			for k := range want {
				want[k] = strings.ReplaceAll(want[k], "\r\n", "\n") // encoding/csv does that in quoted fields
			}
			if i >= len(got) || !slices.Equal(got[i], want) {
				t.Fatalf("row %d is read as %q, want %q", i, got[min(i, len(got)-1)], want)
			}
		}
	}
}

// TestTSV: a line has one LF, at its end, and a field no tab; escapes give every text back.
func TestTSV(t *testing.T) {
	t.Parallel()
	unescape := strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\r`, "\r", `\\`, `\`)
	rows := randomRows(rand.New(rand.NewPCG(3, 4)), 4)
	text := table(t, lines.TSV, rows[0], rows[1:])
	got := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(got) != len(rows) || strings.Contains(text, "\r") {
		t.Fatalf("%d lines, want %d:\n%s", len(got), len(rows), text)
	}
	for i, line := range got {
		fields := strings.Split(line, "\t")
		for k := range fields {
			fields[k] = unescape.Replace(fields[k])
		}
		if !slices.Equal(fields, rows[i]) {
			t.Errorf("line %d is %q, want %q", i, fields, rows[i])
		}
	}
}

// TestTableValues: null, and a number outside of float64, is an empty field, which in CSV is not
// that of an empty text. Other JSON texts are fields as they are.
func TestTableValues(t *testing.T) {
	t.Parallel()
	for format, want := range map[lines.Format]string{
		lines.CSV: "71.5,,,\"\",true,\"[1,\"\"a\"\"]\",1.50\n",
		lines.TSV: "71.5\t\t\t\ttrue\t[1,\"a\"]\t1.50\n",
	} {
		var out bytes.Buffer
		w := lines.New(&out, 1, nil)
		w.SetFormat(format)
		w.Object()
		number, err := exact.Parse([]byte("71.46"))
		if err != nil {
			t.Fatal(err)
		}
		w.Name(nil)
		w.Value(number.Value())
		w.Name(nil)
		w.Value(exact.Null())
		for _, raw := range []string{"null", `""`, "true", `[1,"a"]`, "1.50"} {
			w.Name(nil)
			w.Raw([]byte(raw))
		}
		w.End()
		err = w.Flush()
		if err != nil || out.String() != want {
			t.Errorf("%q, want %q: %v", out.String(), want, err)
		}
	}
}
