package pkg

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// retired lists words that weir once used in a meaning of its own, each with the
// term that replaced it. None may return as part of an identifier or of a label of
// the assembly.
var retired = map[string]string{
	"alien": "nonDigits", "aside": "reject or exclude", "blame": "locate", "brief": "fastFormat", "calm": "current",
	"condemn": "reject", "course": "timeline", "crowd": "limit", "crowded": "limitReached", "curtain": "guard", "ears": "reporter",
	"far": "big, rest or noBit", "farthest": "largest", "fore": "ahead", "forsake": "rejectRest", "frozen": "snapshot", "gait": "width",
	"goal": "action", "grain": "resolution", "halts": "bailouts", "lane": "worker", "lanes": "workers", "law": "property",
	"laws": "properties", "lax": "ignore", "lead": "prefix", "leads": "prefixes", "lone": "outlier", "loose": "ignore", "near": "small",
	"nobody": "none", "obey": "apply", "owe": "defer", "owed": "deferred", "patient": "stall", "pen": "style",
	"picture": "plot", "sheet": "layout", "slacken": "reset", "somebody": "a named agent", "soon": "spin", "stray": "outOfOrder",
	"strays": "outOfOrder", "stretch": "segment", "stretches": "segments", "taut": "segments", "tauten": "adapt", "tell": "report",
	"teller": "reporter", "thaw": "restore", "threes": "milli", "told": "reported", "trust": "confidence", "unmet": "missing",
	"unseen": "incomplete", "untimed": "noTime", "walk": "kernel or match", "walked": "matched", "walker": "kernel", "whoever": "a named agent",
}

// retiredProse lists the words of the same kind that exported documentation may
// not use either. The others are plain English there.
var retiredProse = []string{
	"condemn", "condemns", "condemned", "crowded", "ears", "farthest", "forsake", "forsakes", "frozen", "gait", "lane", "lanes",
	"lax", "leads", "nobody", "obey", "obeys", "owe", "owed", "owes", "somebody", "strays", "stretches", "taut", "teller", "thaw", "thaws",
	"told", "unmet", "unseen", "untimed", "walker", "whoever",
}

// words splits an identifier into its words, in lower case: noBitSeen is no, bit, seen;
// HTTPLead is http, lead.
func words(identifier string) (words []string) {
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	var last rune
	for _, r := range identifier {
		if r == '_' || unicode.IsUpper(r) && unicode.IsLower(last) {
			flush()
		}
		if unicode.IsLower(r) && unicode.IsUpper(last) && len(word) > 1 { // the last capital begins a word
			word = word[:len(word)-1]
			flush()
			word = append(word, last)
		}
		if unicode.IsLetter(r) {
			word = append(word, r)
		}
		last = r
	}
	flush()
	return words
}

// declared calls visit with each identifier that a file declares: functions,
// types, fields, parameters, constants, variables and labels.
func declared(tree *ast.File, visit func(*ast.Ident)) {
	names := func(list []*ast.Ident) {
		for _, id := range list {
			visit(id)
		}
	}
	exprs := func(list ...ast.Expr) {
		for _, e := range list {
			if id, ok := e.(*ast.Ident); ok {
				visit(id)
			}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			visit(n.Name)
		case *ast.TypeSpec:
			visit(n.Name)
		case *ast.ValueSpec:
			names(n.Names)
		case *ast.Field:
			names(n.Names)
		case *ast.LabeledStmt:
			visit(n.Label)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				exprs(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				exprs(n.Key, n.Value)
			}
		}
		return true
	})
}

// exportedDocs calls visit with the package comment of a file and the comment of
// each exported declaration, method and field.
func exportedDocs(tree *ast.File, visit func(owner string, doc *ast.CommentGroup)) {
	visit("package "+tree.Name.Name, tree.Doc)
	fields := func(owner string, list *ast.FieldList) {
		for _, f := range list.List {
			for _, id := range f.Names {
				if id.IsExported() {
					visit(owner+"."+id.Name, f.Doc)
					visit(owner+"."+id.Name, f.Comment)
				}
			}
		}
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() {
				visit(d.Name.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if !s.Name.IsExported() {
						continue
					}
					visit(s.Name.Name, d.Doc)
					visit(s.Name.Name, s.Doc)
					switch t := s.Type.(type) {
					case *ast.StructType:
						fields(s.Name.Name, t.Fields)
					case *ast.InterfaceType:
						fields(s.Name.Name, t.Methods)
					}
				case *ast.ValueSpec:
					for _, id := range s.Names {
						if id.IsExported() {
							visit(id.Name, d.Doc)
							visit(id.Name, s.Doc)
							visit(id.Name, s.Comment)
						}
					}
				}
			}
		}
	}
}

// exported returns the names that a file exports from its package: functions,
// types, constants and variables, without methods and fields.
func exported(tree *ast.File) (names []string) {
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names = append(names, id.Name)
		}
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						add(id)
					}
				}
			}
		}
	}
	return names
}

// glossary reads the section "Terms" of doc.go. It returns, for each term spelt
// as a Go name, the packages that may export it.
func glossary(t *testing.T) map[string][]string {
	t.Helper()
	terms := map[string][]string{}
	entry := regexp.MustCompile(`^\t([a-z]+(?: [a-z]+)*)  +(-|[a-z/]+(?: [a-z/]+)*)  +\S`)
	for line := range strings.Lines(section(t, "Terms")) {
		if !strings.HasPrefix(line, "\t") {
			continue
		}
		m := entry.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("doc.go, Terms: not an entry: %q", line)
		}
		name := ""
		for word := range strings.FieldsSeq(m[1]) {
			name += strings.ToUpper(word[:1]) + word[1:]
		}
		terms[name] = strings.Fields(strings.Trim(m[2], "-"))
	}
	if len(terms) < 30 {
		t.Fatalf("doc.go, Terms: %d entries were understood", len(terms))
	}
	return terms
}

// TestTerms holds the code to the section "Terms" of doc.go: a retired word does
// not return in a declared identifier, in a label of the assembly or in exported
// documentation, below scripts as well; and of the packages below pkg and cmd, those
// that a term's entry names export it, and no other.
func TestTerms(t *testing.T) {
	all, terms := sources(t, "../scripts"), glossary(t)
	used := map[string]bool{}
	word := regexp.MustCompile(`[a-z]+`)
	for _, s := range all {
		declared(s.tree, func(id *ast.Ident) {
			for _, w := range words(id.Name) {
				if _, ok := retired[w]; ok {
					t.Errorf("%s declares %q: %q is retired (use: %s)", s.name, id.Name, w, retired[w])
				}
			}
		})
		if s.test {
			continue
		}
		exportedDocs(s.tree, func(owner string, doc *ast.CommentGroup) {
			for _, w := range word.FindAllString(strings.ToLower(doc.Text()), -1) {
				if slices.Contains(retiredProse, w) {
					t.Errorf("%s: the documentation of %s says %q, which is retired", s.name, owner, w)
				}
			}
		})
		if strings.HasPrefix(s.pkg, "internal/") || strings.HasPrefix(s.pkg, "scripts") { // only for tests and tools
			continue
		}
		for _, name := range exported(s.tree) {
			if pkgs, ok := terms[name]; ok {
				used[name+" "+s.pkg] = true
				if !slices.Contains(pkgs, s.pkg) {
					t.Errorf("%s exports %s, a term that doc.go gives to %v", s.name, name, pkgs)
				}
			}
		}
	}
	for name, pkgs := range terms {
		for _, pkg := range pkgs {
			if !used[name+" "+pkg] {
				t.Errorf("doc.go, Terms: %s does not export %s", pkg, name)
			}
		}
	}
	labels(t)
}

// labels checks the labels and macros of the assembly for retired words.
func labels(t *testing.T) {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".s") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no assembly was found: %v", err)
	}
	label := regexp.MustCompile(`(?m)^(?:(\w+):|#define (\w+))`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range label.FindAllStringSubmatch(string(text), -1) {
			for _, w := range words(m[1] + m[2]) {
				if _, ok := retired[w]; ok {
					t.Errorf("%s has the label %s: %q is retired (use: %s)", file, m[1]+m[2], w, retired[w])
				}
			}
		}
	}
}
