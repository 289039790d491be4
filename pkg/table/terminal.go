package table

import "strings"

// Capabilities says what the environment, as os.Getenv knows it, allows on a
// terminal. color is "always", "never" or "auto": the last is colour unless
// NO_COLOR is set to anything (no-color.org) or TERM is dumb or missing; a wish
// on the command line goes before NO_COLOR.
//
// ascii is true where the locale (LC_ALL, else LC_CTYPE, else LANG) is not
// UTF-8, and on the Linux console, whose fonts have none of the glyphs.
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

func isUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(env(name)); locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return false
}
