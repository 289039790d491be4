// Package filename compares names of files: whether two are of one file, and which one was probably
// meant.
package filename

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"weir/pkg/sink"
	"weir/pkg/suggest"
)

// Same reports whether two names are of one file, which need not exist yet. The name "" is of none.
// Links are followed as far as they can be.
func Same(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	i, err1 := os.Stat(a)
	j, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(i, j) || canonical(a) == canonical(b)
}

// canonical returns the path of a file, which need not exist, without symbolic links, as far as
// they can be followed.
func canonical(name string) string {
	path, _, err := sink.Target(name)
	if err != nil {
		path = name
	}
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		dir = real
	}
	path = filepath.Join(dir, base)
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// Overlap reports whether file is a regular file and one of others. Any of them
// may be nil.
func Overlap(file os.FileInfo, others []os.FileInfo) bool {
	return file != nil && file.Mode().IsRegular() &&
		slices.ContainsFunc(others, func(o os.FileInfo) bool { return o != nil && os.SameFile(file, o) })
}

// WithSuggestion adds to the error that one of the files does not exist the name in its
// directory that was probably meant. It returns any other error as it is. The name "-" is that of
// standard input.
func WithSuggestion(err error, files []string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range files {
		_, missing := os.Stat(name)
		if name == "-" || !errors.Is(missing, fs.ErrNotExist) {
			continue
		}
		dir, base := filepath.Split(name)
		meant := suggest.Word(base, namesIn(dir))
		if meant == "" {
			return err
		}
		return fmt.Errorf("%w (did you mean %s?)", err, dir+meant)
	}
	return err
}

// namesIn returns the names in a directory, "" being the current one, or some of them
// if there are very many.
func namesIn(dir string) []string {
	if dir == "" {
		dir = "."
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxNames) // after an error, those that were read
	slices.Sort(names)
	return names
}

// maxNames is how many names of a directory are compared with a wrong one. It takes a
// few milliseconds.
const maxNames = 10000
