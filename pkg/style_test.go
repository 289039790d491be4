package pkg

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestHeadersHaveNoSideEffects: the header of an if or a switch holds no statement
// beside `v, ok := ...` and `err := ...`. A reader of a condition need look only
// for these two forms in front of it. The rule holds for all files of the
// module but generated ones.
func TestHeadersHaveNoSideEffects(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, init := range headerStatements(file) {
			t.Errorf("%s: an if or switch header may only hold `v, ok := ...` or `err := ...`: write the statement before it", fset.Position(init.Pos()))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// headerStatements returns the statements in headers of a file that the rule
// forbids.
func headerStatements(file *ast.File) (forbidden []ast.Stmt) {
	if ast.IsGenerated(file) {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		var init ast.Stmt
		switch n := n.(type) {
		case *ast.IfStmt:
			init = n.Init
		case *ast.SwitchStmt:
			init = n.Init
		case *ast.TypeSwitchStmt:
			init = n.Init
		}
		if init != nil && !allowedInHeader(init) {
			forbidden = append(forbidden, init)
		}
		return true
	})
	return forbidden
}

// allowedInHeader reports whether a statement is `err := f()`, or `v, ok := x` where
// x is an element of a map, a type assertion, a receive or a call.
func allowedInHeader(s ast.Stmt) bool {
	define, ok := s.(*ast.AssignStmt)
	if !ok || define.Tok != token.DEFINE || len(define.Rhs) != 1 {
		return false
	}
	last, ok := define.Lhs[len(define.Lhs)-1].(*ast.Ident)
	if !ok {
		return false
	}
	switch x := ast.Unparen(define.Rhs[0]).(type) {
	case *ast.CallExpr:
		return len(define.Lhs) == 1 && last.Name == "err" || len(define.Lhs) == 2 && last.Name == "ok"
	case *ast.IndexExpr, *ast.TypeAssertExpr:
		return len(define.Lhs) == 2 && last.Name == "ok"
	case *ast.UnaryExpr:
		return len(define.Lhs) == 2 && last.Name == "ok" && x.Op == token.ARROW
	}
	return false
}

// TestAllowedInHeader holds the rule to examples.
func TestAllowedInHeader(t *testing.T) {
	for header, allowed := range map[string]bool{
		"if err := f(); err != nil":               true,
		"if v, ok := m[k]; ok":                    true,
		"if _, ok := x.(T); ok":                   true,
		"if v, ok := <-c; ok":                     true,
		"if v, ok := f(x); ok":                    true,
		"switch err := f(); err":                  true,
		"if x":                                    true,
		"switch x := y.(type)":                    true,
		"for i := 0; i < n; i++":                  true,
		"if n, err := f(); err != nil":            false,
		"if _, err := f(); err != nil":            false,
		"if err = f(); err != nil":                false,
		"if v, ok = m[k]; ok":                     false,
		"if x := y.z; x != nil":                   false,
		"if ok := f(); ok":                        false,
		"if a, b, ok := f(); ok":                  false,
		"if v, found := m[k]; found":              false,
		"if v, ok := x, true; ok":                 false,
		"if n--; n == 0":                          false,
		"if f(); x":                               false,
		"switch n := len(x); n":                   false,
		"switch f(); x := y.(type)":               false,
		"if x { } else if n := f(); n > 0":        false,
		"if x { } else if err := f(); err != nil": true,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+header+" {\n}\n}\n", parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%s: %v", header, err)
		}
		got := len(headerStatements(file)) == 0
		if got != allowed {
			t.Errorf("%s: allowed is %v, want %v", header, got, allowed)
		}
	}
}
