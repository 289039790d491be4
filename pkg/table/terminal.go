package table

import "strings"

// Capabilities returns what a terminal supports, according to the environment; env
// is os.Getenv.
//
// color is the flag --color: "always", "never" or "auto". With auto, there are
// colours unless NO_COLOR is set to anything (no-color.org), or TERM is dumb or not
// set, which CLICOLOR_FORCE overrules: see ColorForced. The flag takes precedence over
// the environment.
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
		colour = ColorForced(env) || env("NO_COLOR") == "" && term != "dumb" && term != ""
	}
	return colour, term == "linux" || !isUTF8(env)
}

// ColorForced reports whether the environment asks for colours also where no terminal is:
// CLICOLOR_FORCE is set, to anything but 0, and NO_COLOR is not (bixense.com/clicolors).
func ColorForced(env func(string) string) bool {
	force := env("CLICOLOR_FORCE")
	return env("NO_COLOR") == "" && force != "" && force != "0"
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
