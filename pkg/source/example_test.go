package source_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"

	"weir/pkg/source"
)

// The format is detected by the first bytes: this file is compressed, though its name does
// not say so.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "source-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "in.jsonl")
	writeGzip(name, "{\"speed\":120}\n{\"speed\":115}\n")

	files, err := source.Open([]string{name}, os.Stdin)
	if err != nil {
		fmt.Println(err) // "NAME: no such file or directory", for example
		return
	}
	defer files.Close()
	in, err := files.Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Close()

	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
	size, _ := in.Size()
	fmt.Println(lines.Err(), in.Offset() == size)
	// Output:
	// {"speed":120}
	// {"speed":115}
	// <nil> true
}

func writeGzip(name, text string) {
	f, err := os.Create(name)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	w := gzip.NewWriter(f)
	defer w.Close()
	fmt.Fprint(w, text)
}
