package cmd

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestTableHasWhatJSONHas: encoding/csv reads from a table what encoding/json reads from the
// lines of JSON that the same command prints, whatever the keys and the gaps are.
func TestTableHasWhatJSONHas(t *testing.T) {
	openSources()
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	keys := []any{"a", "a,b", `"`, "x\ny", "", " ", nil, 5, 1.5, true, "é\t", "\u2028"}
	var input bytes.Buffer
	for i := range 3000 {
		record := map[string]any{"timestamp": fmt.Sprintf("2024-05-06T08:%02d:%02dZ", i/60%60, i%60), "k": keys[r.IntN(len(keys))], "x": r.IntN(1000)}
		if r.IntN(3) > 0 {
			record["n"] = map[string]any{"y": float64(r.IntN(1000)) / 10}
		}
		if r.IntN(5) == 0 {
			delete(record, "k")
		}
		err := json.NewEncoder(&input).Encode(record)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{
		"mavg -n 3 -f n.y,x -g k --only", "mavg -n 3 -f n.y,x -g k -a mean,sd --only -j 4", "mavg -f x --only --digits 2 --having mean>400",
		"winavg -w 3 -f n.y,x -g k -a mean,count,sd --empty null", "winavg -w 3 -f x --having mean>480",
		"stats -f n.y,x -g k -a mean,sd,count --deviation none", "stats -f x -g k --list",
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(command)
			lines := run(t, &input, args)
			want := flatten(t, lines)
			rows, err := csv.NewReader(bytes.NewReader(run(t, &input, append(args, "--format", "csv")))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != len(want)+1 || len(want) == 0 {
				t.Fatalf("%d rows for %d lines of JSON", len(rows), len(want))
			}
			for i, row := range rows[1:] {
				for k, name := range rows[0] {
					if row[k] != want[i][name] {
						t.Fatalf("row %d: %s is %q, want %q", i, name, row[k], want[i][name])
					}
					delete(want[i], name)
				}
				if len(want[i]) > 0 {
					t.Fatalf("row %d lacks %q", i, want[i])
				}
			}
		})
	}
}

// run returns the output of a command.
func run(t *testing.T, input *bytes.Buffer, args []string) []byte {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin = bytes.NewReader(input.Bytes())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return out
}

// flatten returns the members of lines of JSON as texts. The members of moving_averages, and of
// the objects in it, are named as the columns of a table are.
func flatten(t *testing.T, text []byte) (list []map[string]string) {
	t.Helper()
	for line := range bytes.Lines(text) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var record map[string]any
		err := d.Decode(&record)
		if err != nil {
			t.Fatal(err)
		}
		flat := map[string]string{}
		for name, value := range record {
			if name != "moving_averages" {
				flat[name] = textOf(value)
				continue
			}
			for field, value := range value.(map[string]any) {
				statistics, several := value.(map[string]any)
				if !several {
					flat[field] = textOf(value)
				}
				for name, value := range statistics {
					flat[field+"_"+name] = textOf(value)
				}
			}
		}
		list = append(list, flat)
	}
	return slices.Clip(list)
}

// textOf returns the text of a value; "" for null.
func textOf(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
