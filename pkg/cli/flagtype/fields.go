package flagtype

import (
	"fmt"
	"strings"

	"weir/pkg/batch"
)

// Fields is a list of paths to members, as in -f a,b.c. A flag of this type may
// be repeated; the lists are joined. Blanks belong to the names.
type Fields []batch.Path

// Set implements cmdline.Setter.
func (f *Fields) Set(s string) error {
	for _, name := range splitList(s) {
		path, err := batch.ParsePath(name)
		if err != nil {
			return err
		}
		for _, other := range *f {
			if other.Equal(path) {
				return fmt.Errorf("%q is given twice", name)
			}
			if other.String() == path.String() {
				return fmt.Errorf("two fields would both be called %q in the output", path)
			}
		}
		*f = append(*f, path)
	}
	return nil
}

// String returns the paths in one spelling, separated by commas.
func (f Fields) String() string {
	return joinTexts(f, func(p batch.Path) string { return strings.ReplaceAll(p.Spell(), ",", `\,`) })
}

// joinTexts returns the texts of a list, with commas between.
func joinTexts[T any](list []T, text func(T) string) string {
	var texts []string
	for _, x := range list {
		texts = append(texts, text(x))
	}
	return strings.Join(texts, ",")
}

// splitList splits at commas. `\,` is a comma that belongs to a name; other
// escapes are left for batch.ParsePath.
func splitList(s string) []string {
	var list []string
	var name strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == ',':
			i++
			name.WriteByte(',')
		case s[i] == '\\' && i+1 < len(s):
			name.WriteString(s[i : i+2])
			i++
		case s[i] == ',':
			list = append(list, name.String())
			name.Reset()
		default:
			name.WriteByte(s[i])
		}
	}
	return append(list, name.String())
}

// Field is a path to one member.
type Field struct{ batch.Path }

// Set implements cmdline.Setter.
func (f *Field) Set(s string) (err error) {
	f.Path, err = batch.ParsePath(s)
	return err
}

// String returns the path as it is typed; "" if there is none.
func (f Field) String() string { return f.Spell() }

// TimeField returns the field that times are read from, and whether the flag names it: if not, it
// is batch.DefaultTime, and another one may be found in its place (see batch.Plan.FindTime).
func (f Field) TimeField() (path batch.Path, named bool) {
	if f.Path != nil {
		return f.Path, true
	}
	return batch.Path{batch.DefaultTime}, false
}

// TimeFields returns the fields that times may be read from, as TimeField says.
func (f Field) TimeFields() []batch.Path {
	if f.Path != nil {
		return []batch.Path{f.Path}
	}
	var list []batch.Path
	for _, name := range TimeNames() {
		list = append(list, batch.Path{name})
	}
	return list
}

// TimeNames returns the names that the time field may have if the user names none.
func TimeNames() []string { return append([]string{batch.DefaultTime}, batch.UsualTimes...) }
