package checkpoint

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// This file is about an input whose name is a symbolic link, or has one in it, that stands for
// another file from time to time: "current" for log-20240506, and the next day for log-20240507.

// targetOf returns the path of the file that a name with a symbolic link in it stands for; "" for
// other names.
func targetOf(name string) string {
	path, err := filepath.EvalSymlinks(name)
	if err != nil || path == filepath.Clean(name) {
		return ""
	}
	return path
}

// findTarget returns the path of the file that the name stood for when in was read, by its
// numbers: under its path of then, or another one in that directory or in the directory of the
// present target. With content, it may be compressed now. It returns "" if there is none.
func (l *locator) findTarget(in *Input, content bool) string {
	if in.target == "" {
		return ""
	}
	dirs := []string{filepath.Dir(in.target)}
	now := targetOf(l.name)
	if now != "" && filepath.Dir(now) != dirs[0] {
		dirs = append(dirs, filepath.Dir(now))
	}
	for _, path := range append([]string{in.target}, filesIn(dirs...)...) {
		info, err := os.Stat(path)
		if err == nil && in.hasID(info) && l.is(path, info, in) {
			return path
		}
	}
	if !content || in.size == 0 {
		return ""
	}
	for _, suffix := range compressedSuffixes {
		path := in.target + suffix
		info, err := os.Stat(path)
		if err == nil && !l.isInput(path) && l.is(path, info, in) {
			return path
		}
	}
	return ""
}

// compressedSuffixes are those of the programs that compress logs in formats that source reads.
var compressedSuffixes = []string{".gz", ".zst"}

// filesIn returns the paths of the regular files in directories.
func filesIn(dirs ...string) (paths []string) {
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir) // without it, nothing is found
		for _, e := range entries {
			if e.Type().IsRegular() {
				paths = append(paths, filepath.Join(dir, e.Name()))
			}
		}
	}
	return paths
}

var digits = regexp.MustCompile(`[0-9]+`)

// layoutOf returns a path without a suffix of compression, and that with each number replaced by
// "#". Paths of one layout differ in their numbers, as dates, only.
func layoutOf(path string) (plain, layout string) {
	plain = path
	for _, suffix := range compressedSuffixes {
		plain = strings.TrimSuffix(plain, suffix)
	}
	return plain, digits.ReplaceAllString(plain, "#")
}

// laterTargets returns the paths of the files that the name stood for after the one of a path, and
// before the present one, the oldest first: those with names like theirs, which are between
// theirs in order.
func (l *locator) laterTargets(path string) (list []string) {
	now := targetOf(l.name)
	first, layout := layoutOf(path)
	last, same := layoutOf(now)
	if now == "" || filepath.Dir(path) != filepath.Dir(now) || layout != same {
		return nil
	}
	for _, other := range filesIn(filepath.Dir(now)) {
		plain, same := layoutOf(other)
		if same == layout && len(plain) == len(first) && first < plain && plain < last {
			list = append(list, other)
		}
	}
	slices.Sort(list)
	return slices.CompactFunc(list, func(a, b string) bool { // of one that is being compressed, as it is
		x, _ := layoutOf(a)
		y, _ := layoutOf(b)
		return x == y
	})
}
