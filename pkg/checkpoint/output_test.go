package checkpoint

import (
	"os"
	"strings"
	"testing"
)

// TestOtherOutputIsNotCutBack: an output that is longer than the state says is cut back only if it
// is what runs have appended to, and more. Another file, or one that was changed, is refused and
// stays as it is.
func TestOtherOutputIsNotCutBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now, want string // The file before a run that appends nothing, and after it.
	}{
		"left by a killed run":   {"found\n1\n2\n3\n{\"x", "found\n1\n2\n"},
		"another file":           {"a file of somebody else's\n", ""},
		"changed":                {"found\n1\n7\n", ""},
		"as long, and all zeros": {"found\n1\n\x00\x00", ""},
		"shorter":                {"found\n1\n", ""},
	} {
		d := &dir{t: t, path: t.TempDir()}
		write := func(text string) {
			err := os.WriteFile(d.name("out"), []byte(text), 0o600)
			if err != nil {
				t.Fatal(err)
			}
		}
		run := func(text string) error {
			k, err := Open(Options{Path: d.name("state"), Output: d.name("out")})
			if err != nil {
				return err
			}
			defer k.Close()
			err = k.Begin()
			if err == nil {
				_, err = k.Output().Write([]byte(text))
			}
			if err == nil {
				err = k.Save(nil)
			}
			return err
		}
		write("found\n")
		err := run("1\n2\n")
		if err != nil {
			t.Fatal(err)
		}
		write(c.now)
		err = run("")
		if c.want == "" {
			if err == nil || !strings.HasSuffix(err.Error(), insteadOfBoth) {
				t.Errorf("%s: %v", name, err)
			}
			c.want = c.now
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := os.ReadFile(d.name("out"))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v, %q, want %q", name, err, got, c.want)
		}
	}
}
