package cli

import "fmt"

// Member is the name of a member of the output, and the flag that it comes from, as
// the user typed it; "" if the tool itself has named it.
type Member struct{ Name, Flag string }

// Distinct returns an error if two members of an output line would have the same
// name: a JSON reader would see only one of them.
func Distinct(members []Member) error {
	for i, m := range members {
		for _, other := range members[:i] {
			flag := m.Flag
			if flag == "" {
				flag = other.Flag
			}
			switch {
			case other.Name != m.Name:
			case flag == "--as":
				return fmt.Errorf("--as %s: the output already has a member %q; choose another name", m.Name, m.Name)
			default:
				return fmt.Errorf("%s %s: the output already has a member %q", flag, m.Name, m.Name)
			}
		}
	}
	return nil
}
