package describe

import (
	"fmt"
	"strings"
)

// Fish returns the completion for fish.
func Fish(c *Command) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Completion of %s in fish: install it as\n# /usr/share/fish/vendor_completions.d/%s.fish, or source it.\n", c.Name, c.Name)
	fmt.Fprintf(&b, fishList, c.Name)
	if !c.Files {
		fmt.Fprintf(&b, "complete -c %s -f\n", c.Name)
	}
	for _, f := range c.flags() {
		fmt.Fprintf(&b, "complete -c %s", c.Name)
		if f.Short != 0 {
			fmt.Fprintf(&b, " -s %c", f.Short)
		}
		fmt.Fprintf(&b, " -l %s", f.Long)
		words := strings.Join(f.Words, " ")
		switch {
		case f.Kind == File:
			b.WriteString(" -r -F")
		case f.Kind == List:
			fmt.Fprintf(&b, " -x -a '(__%s_list %s)'", c.Name, words)
		case f.Kind == Text && words == "":
			b.WriteString(" -x")
		case f.Kind == Text:
			fmt.Fprintf(&b, " -x -a '%s'", words)
		case f.Kind == Optional:
			fmt.Fprintf(&b, " -f -a '%s'", words)
		}
		fmt.Fprintf(&b, " -d '%s'\n", escape(f.summary(), `\'`))
	}
	return []byte(b.String())
}

// fishList is a function that adds to a list that is being typed, as a value of its own or
// joined with its flag, each of its arguments that the list does not have yet.
const fishList = `function __%s_list
	set -l typed (string replace -r -- '^(--[a-z-]+=|-[A-Za-z])' '' (commandline -ct))
	set -l before (string match -r -- '^.*,' $typed)
	for word in $argv
		string match -q -- "*,$word,*" ",$before"; or echo "$before$word"
	end
end
`
