package describe

import (
	"fmt"
	"strings"
)

// Bash returns the completion for bash. It needs no other package, such as
// bash-completion. Where a file may be named, it returns no word, and bash completes the
// name by itself, with quotes and ~. In bash 3.2, which has no compopt, that happens
// wherever there is no word.
func Bash(c *Command) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Completion of %s in bash: source it, or install it as\n# /usr/share/bash-completion/completions/%s.\n", c.Name, c.Name)
	fmt.Fprintf(&b, "_complete_%s() {\n", c.Name)
	b.WriteString(bashWords)
	for _, f := range c.flags() {
		names := strings.Join(append(f.names(), "--"+f.Long+"="), " | ")
		words := strings.Join(f.Words, " ")
		switch f.Kind {
		case NoValue:
		case File:
			fmt.Fprintf(&b, "\t%s) kind=file ;;\n", names)
		case List:
			fmt.Fprintf(&b, "\t%s) kind=list words='%s' ;;\n", names, words)
		case Optional:
			fmt.Fprintf(&b, "\t--%s=) kind=words words='%s' ;;\n", f.Long, words)
		case Text:
			fmt.Fprintf(&b, "\t%s) kind=words words='%s' ;;\n", names, words)
		}
	}
	var all []string
	for _, f := range c.flags() {
		all = append(all, f.names()...)
	}
	argument := "words"
	if c.Files {
		argument = "file"
	}
	fmt.Fprintf(&b, "\t-*=) kind=none ;;\n\t*)\n\t\tkind=%s\n\t\t[[ $current == -* ]] && kind=words words='%s'\n\t\t;;\n\tesac\n", argument, strings.Join(all, " "))
	b.WriteString(bashReply)
	fmt.Fprintf(&b, "}\ncomplete -o bashdefault -o default -F _complete_%s %s\n", c.Name, c.Name)
	return []byte(b.String())
}

// bashWords finds the flag whose value is completed, and what there is of the value. Bash
// makes three words of --flag=value.
const bashWords = `	local IFS=$' \t\n' kind= words= before= rest= i
	local current=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]} assigned=
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -- ]] && return # only files follow
	done
	if [[ $current == = ]]; then
		current= assigned==
	elif [[ $flag == = ]]; then
		flag=${COMP_WORDS[COMP_CWORD - 2]} assigned==
	fi
	case $flag in
	--*) ;;
	*) assigned= ;;
	esac
	case $flag$assigned in
`

// bashReply returns the words that current may become.
const bashReply = `	case $kind in
	file) return ;;
	words) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
	list)
		[[ $current == *,* ]] && before=${current%,*},
		for i in $words; do
			[[ ,$before == *,$i,* ]] || rest="$rest $i" # the others
		done
		COMPREPLY=($(compgen -P "$before" -W "$rest" -- "${current##*,}"))
		compopt -o nospace 2>/dev/null
		;;
	esac
	compopt +o bashdefault +o default 2>/dev/null
`
