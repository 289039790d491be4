package pkg

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// section returns the lines of one section of doc.go.
func section(t *testing.T, title string) string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n# "+title+"\n")
	if !ok {
		t.Fatalf("doc.go has no section %q", title)
	}
	rest, _, _ = strings.Cut(rest, "\n# ")
	return rest
}

// layers reads the map in doc.go. It returns the layer of each package, counted
// from the top.
func layers(t *testing.T) map[string]int {
	t.Helper()
	layers, layer := map[string]int{}, 0
	names := regexp.MustCompile(`^\t((?:[a-z/]+ )+) `)
	for line := range strings.Lines(section(t, "Packages")) {
		if line == "\t---\n" {
			layer++
			continue
		}
		m := names.FindStringSubmatch(line)
		if m != nil {
			for _, name := range strings.Fields(m[1]) {
				layers[name] = layer
			}
		}
	}
	if len(layers) < 10 || layer < 5 {
		t.Fatalf("the map in doc.go was not understood: %d packages in %d layers", len(layers), layer+1)
	}
	return layers
}

// source is a Go file of a package on the map.
type source struct {
	pkg, name string // the package as the map calls it, and the file's path
	test      bool
	tree      *ast.File
}

// imports returns the paths that the file imports.
func (s *source) imports() (paths []string) {
	for _, spec := range s.tree.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, path)
	}
	return paths
}

// sources parses all Go files of the packages below pkg, cmd and more. The tests in
// cmd itself belong to no package of the map.
func sources(t *testing.T, more ...string) (all []source) {
	t.Helper()
	for _, top := range append([]string{".", "../cmd"}, more...) {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || filepath.Dir(path) == "." {
				return err
			}
			pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
			if pkg == "cmd" {
				return nil
			}
			tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			all = append(all, source{pkg: pkg, name: path, test: strings.HasSuffix(path, "_test.go"), tree: tree})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestImportsGoDown: every package is on the map in doc.go, and imports only
// packages of lower layers. Tests may import what they like.
func TestImportsGoDown(t *testing.T) {
	layers := layers(t)
	seen := map[string]bool{}
	for _, s := range sources(t) {
		seen[s.pkg] = true
		layer, ok := layers[s.pkg]
		if !ok {
			t.Errorf("%s: package %q is not on the map in pkg/doc.go", s.name, s.pkg)
			continue
		}
		for _, path := range s.imports() {
			lower, ok := strings.CutPrefix(path, "weir/pkg/")
			if !ok || s.test {
				continue
			}
			if at, ok := layers[lower]; !ok || at <= layer {
				t.Errorf("%s imports %s, which is not in a layer below %s", s.name, lower, s.pkg)
			}
			if lower == "internal/oracle" || lower == "disktest" || lower == "tee/teetest" {
				t.Errorf("%s imports %s, which is only for tests", s.name, lower)
			}
		}
	}
	for pkg := range layers {
		if !seen[pkg] {
			t.Errorf("the map in pkg/doc.go shows %q, which does not exist", pkg)
		}
	}
}

// modules returns the modules that go.mod requires.
func modules(t *testing.T) (paths []string) {
	t.Helper()
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	require := regexp.MustCompile(`(?m)^(?:\t|require )(\S+) v`)
	for _, m := range require.FindAllStringSubmatch(string(text), -1) {
		paths = append(paths, m[1])
	}
	return paths
}

// TestOneImporterPerDependency: each module from outside is imported by one
// package, so that it can be replaced there. Of golang.org/x/sys, that holds for each
// package, since they have nothing in common. Tests may use what they like.
func TestOneImporterPerDependency(t *testing.T) {
	required := modules(t)
	importers := map[string][]string{}
	for _, s := range sources(t) {
		for _, path := range s.imports() {
			host, _, _ := strings.Cut(path, "/")
			if s.test || !strings.Contains(host, ".") {
				continue
			}
			module := ""
			for _, m := range required {
				if len(m) > len(module) && (path == m || strings.HasPrefix(path, m+"/")) {
					module = m
				}
			}
			if module == "" {
				t.Errorf("%s imports %s, of which go.mod has no module", s.name, path)
			}
			if module == "golang.org/x/sys" {
				module = path
			}
			if !slices.Contains(importers[module], s.pkg) {
				importers[module] = append(importers[module], s.pkg)
			}
		}
	}
	if len(importers) == 0 {
		t.Fatal("no dependency was found: the test reads the wrong directory")
	}
	for module, pkgs := range importers {
		if len(pkgs) > 1 {
			t.Errorf("%s is imported by %v, want one package", module, pkgs)
		}
	}
}

// TestOneExit: only cli ends the process, by os.Exit, since that skips deferred calls.
func TestOneExit(t *testing.T) {
	exits := []string{"os.Exit", "syscall.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"}
	var callers []string
	for _, s := range sources(t) {
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && !s.test {
				if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(exits, x.Name+"."+sel.Sel.Name) {
					callers = append(callers, s.name)
				}
			}
			return true
		})
	}
	if len(callers) != 1 || callers[0] != filepath.Join("cli", "cli.go") {
		t.Errorf("the process is ended in %v, want it only in cli/cli.go", callers)
	}
}
