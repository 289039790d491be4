package partial_test

import (
	"bytes"
	"fmt"
	"os"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Two runs write partials, and a third adds them up.
func Example() {
	config := partial.Config{Tool: "winavg", Flags: []partial.Flag{{Name: "every", Value: "1m"}}, Time: "timestamp"}
	var files [2]bytes.Buffer
	for i, text := range []string{"20", "31.5"} {
		d, _ := exact.Parse([]byte(text))
		readings := window.NewPart(config.Needs)
		readings.Add(stamp.Time{Sec: 1545848050}, d)

		out := lines.New(&files[i], -1, nil)
		w := partial.NewWriter(config.ID, config.Needs, false)
		w.Row(&partial.Row{Field: []byte(`"duration"`), Step: 1545848040, Stepped: true, Contents: readings.Contents()}, out)
		input := partial.NewInputHash()
		fmt.Fprint(input, text)
		w.Seal(config, []partial.Source{{Hash: input.Sum(), Name: text, Records: partial.Records{Lines: 1, Used: 1}}}, out)
		_ = out.Flush()
	}

	r, table := partial.NewReader(partial.Options{Expect: new(int64(2))}), partial.NewTable()
	for i := range files {
		for line := range bytes.Lines(files[i].Bytes()) {
			row, needs, err := r.Read(bytes.TrimSuffix(line, []byte{'\n'}), partial.Position{})
			if err != nil {
				fmt.Println(err)
			}
			if row != nil {
				_ = table.Add(row, needs)
			}
		}
	}
	result, err := r.Done()
	fmt.Println(result.Records().Used, err)
	out := lines.New(os.Stdout, -1, nil)
	table.Write(partial.NewWriter(func() string { return result.ID }, agg.Needs{}, false), out)
	_ = out.Flush()
	// Output:
	// 2 <nil>
	// {"partial":1,"config":"0dc392bb","field":"duration","step":1545848040,"count":2,"sum":"51.5","crc32c":"2121473d"}
}
