package sink_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"weir/pkg/sink"
)

// The file has its old contents until Commit. If the new contents cannot be completed,
// Discard leaves the old file as it is.
func ExampleFile() {
	dir, err := os.MkdirTemp("", "sink-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "out.jsonl")

	write := func(text string, complete bool) error {
		out, err := sink.File(name)
		if err != nil {
			return err
		}
		defer out.Discard() // does nothing after Commit
		_, err = io.WriteString(out, text)
		if err != nil {
			return err
		}
		if !complete {
			return fmt.Errorf("not completed: %s", text)
		}
		return out.Commit()
	}
	for _, complete := range []bool{true, false} {
		err := write(fmt.Sprintf("complete: %v", complete), complete)
		contents, _ := os.ReadFile(name)
		fmt.Printf("error: %v; file: %q\n", err, contents)
	}
	// Output:
	// error: <nil>; file: "complete: true"
	// error: not completed: complete: false; file: "complete: true"
}
