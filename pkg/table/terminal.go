package table

import "strings"

// Capabilities returns what a terminal supports, according to the environment; env
// is os.Getenv.
//
// color is the flag --color: "always", "never" or "auto". With auto, there are
// colours unless NO_COLOR is set to anything (no-color.org), or TERM is dumb or not
// set. The flag takes precedence over NO_COLOR.
//
// ascii is true if the locale (LC_ALL, else LC_CTYPE, else LANG) does not use
// UTF-8, and on the Linux console, whose fonts lack the glyphs.
func Capabilities(env func(string) string, color string) (colour, ascii bool) {
	term := env("TERM")
	switch color {
	case "always":
		colour = true
	case "never":
	default:
		colour = env("NO_COLOR") == "" && term != "dumb" && term != ""
	}
	return colour, term == "linux" || !isUTF8(env)
}

// isUTF8 reports whether the locale's character encoding is UTF-8. The first of the
// variables that is not empty decides (POSIX, section 8.2).
func isUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		locale := strings.ToLower(env(name))
		if locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return false
}
