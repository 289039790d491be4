package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// thirdParty is the name of the file with the licences of what the commands contain besides
// weir: most of them require that a copy goes with the binaries.
const thirdParty = "THIRD-PARTY-LICENSES"

// licenseName matches the names of files that modules keep their licences in.
var licenseName = regexp.MustCompile(`(?i)^([a-z]+-)?(licen[cs]e|copying|notice|patents)(\.(txt|md)|-[a-z]+)?$`)

// licenses returns the name of the file that gatherLicenses makes for a target.
func (r *release) licenses(t target) string {
	return filepath.Join(r.work, "licenses", t.system, t.arch)
}

// gatherLicenses writes the licences of the Go library and of all modules that the commands
// contain for a target: those at the top of a module, and those of single packages.
func (r *release) gatherLicenses(t target) error {
	var text bytes.Buffer
	text.WriteString("The commands of weir contain parts of Go and of these modules, each under its licence.\n")
	root, err := r.goCommand(t, "env", "GOROOT")
	if err != nil {
		return err
	}
	err = appendLicense(&text, "Go "+strings.TrimPrefix(runtime.Version(), "go"), strings.TrimSpace(root), "LICENSE")
	if err != nil {
		return err
	}
	list, err := r.goCommand(t, "list", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{"\t"}}{{$.Dir}}{{end}}{{end}}`, "./cmd/...")
	if err != nil {
		return err
	}
	found := map[string][]string{} // by module: files, by their names from its directory
	dirs := map[string]string{}
	for line := range strings.Lines(list) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		if len(columns) != 3 {
			continue // of weir, or of Go
		}
		module, top, dir := columns[0], columns[1], columns[2]
		dirs[module] = top
		for ; len(dir) >= len(top); dir = filepath.Dir(dir) {
			entries, err := os.ReadDir(dir)
			if err != nil {
				return err
			}
			for _, e := range entries {
				name, _ := filepath.Rel(top, filepath.Join(dir, e.Name())) // below it
				if e.Type().IsRegular() && licenseName.MatchString(e.Name()) && !slices.Contains(found[module], name) {
					found[module] = append(found[module], name)
				}
			}
		}
	}
	for _, module := range slices.Sorted(maps.Keys(dirs)) {
		if found[module] == nil {
			return fmt.Errorf("%s: no licence is in %s", module, dirs[module])
		}
		slices.Sort(found[module])
		for _, name := range found[module] {
			err = appendLicense(&text, module, dirs[module], name)
			if err != nil {
				return err
			}
		}
	}
	err = os.MkdirAll(filepath.Dir(r.licenses(t)), 0o777)
	if err != nil {
		return err
	}
	return os.WriteFile(r.licenses(t), text.Bytes(), 0o666)
}

// appendLicense appends a licence below a heading.
func appendLicense(text *bytes.Buffer, of, dir, name string) error {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	fmt.Fprintf(text, "\n%s\n%s, %s\n\n%s\n", strings.Repeat("=", 72), of, filepath.ToSlash(name), bytes.TrimSpace(data))
	return nil
}

// goCommand runs the Go command in the source, for a target, and returns its output.
func (r *release) goCommand(t target, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join(r.work, "source")
	cmd.Env = append(os.Environ(), "GOOS="+t.system, "GOARCH="+t.arch, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.String())
	}
	return string(out), nil
}
