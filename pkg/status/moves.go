package status

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"weir/pkg/suggest"
)

// MoveError is the error of a Set that Store.Moves forbids. Nothing has changed.
type MoveError struct {
	From    string   // the word that is set; empty: none was ever set
	To      string   // the word that was asked for
	Allowed []string // the words that may be set now; possibly none
}

func (e *MoveError) Error() string {
	from, allowed := e.From+" cannot become "+e.To, "allowed now: "+strings.Join(e.Allowed, ", ")
	if e.From == "" {
		from = "the first status cannot be " + e.To
	}
	if len(e.Allowed) == 0 {
		allowed = "no status is allowed after " + e.From
	}
	return from + "; " + allowed
}

// ParseMoves returns Options.Moves for a list of moves of the form FROM>TO, such as
// IDLE>STARTED. >TO allows TO as the first status; without such a move, the first
// status may be any word. An empty list allows everything: the result is nil.
//
// The error says which move has no arrow, or a word that is not one of words.
func ParseMoves(list, words []string) (map[string][]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	moves := map[string][]string{}
	for _, move := range list {
		from, to, ok := strings.Cut(strings.TrimSpace(move), ">")
		if !ok {
			return nil, fmt.Errorf("%q is not a transition: write FROM>TO, as in %s", move, example(words))
		}
		from, to = strings.TrimSpace(from), strings.TrimSpace(to)
		for _, word := range []string{from, to} {
			if slices.Contains(words, word) || word == "" && word == from && to != "" {
				continue
			}
			return nil, fmt.Errorf("%s: %s", move, notAllowed(word, words))
		}
		if !slices.Contains(moves[from], to) {
			moves[from] = append(moves[from], to)
		}
	}
	return moves, nil
}

// example returns a move between two of words.
func example(words []string) string { return words[0] + ">" + words[len(words)-1] }

// notAllowed says that word is not one of words, and which one was probably meant.
func notAllowed(word string, words []string) string {
	if word == "" {
		return "the status after > is missing"
	}
	text := fmt.Sprintf("%q is not an allowed status", word)
	meant := suggest.Word(word, words)
	if meant != "" {
		return text + fmt.Sprintf(" (did you mean %s?)", meant)
	}
	return text + " (allowed: " + strings.Join(words, ", ") + ")"
}

// rules say which words can be set.
type rules struct {
	words []string
	moves map[string][]string // as Store.Moves returns it
}

// newRules returns the rules that o has, completed to what Store.Moves promises.
func newRules(o Options) rules {
	r := rules{words: slices.Clone(o.Words)}
	if o.Moves == nil {
		return r
	}
	r.moves = map[string][]string{"": r.words}
	for _, word := range r.words {
		r.moves[word] = []string{}
	}
	for from, to := range maps.All(o.Moves) {
		r.moves[from] = slices.Clone(to)
	}
	return r
}

// Words implements Store.
func (r *rules) Words() []string { return r.words }

// Moves implements Store.
func (r *rules) Moves() map[string][]string { return r.moves }

// check returns the error of a request to replace old, except ErrTooMany and
// ErrUnknown.
func (r *rules) check(old Status, request Request) error {
	if request.If != nil && *request.If != old.Seq {
		return ErrChanged
	}
	if old.Word == request.Word || r.moves == nil {
		return nil
	}
	allowed, known := r.moves[old.Word]
	if known && !slices.Contains(allowed, request.Word) {
		return &MoveError{From: old.Word, To: request.Word, Allowed: allowed}
	}
	return nil
}
