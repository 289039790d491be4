package sim

import "slices"

// corrupt damages the line dst[at:], the one rendered last, so that it is not valid JSON but
// still one line. It returns dst and the name of the damage, one of seven.
func (s *Sim) corrupt(dst []byte, at int, r *random) (_ []byte, damage string) {
	name := at + len(`{"`) // inside a string: the first member's name
	number := s.numberAt
	switch r.below(7) {
	case 0: // incomplete, as when the writer was killed
		end := at + 1 + int(r.below(int64(len(dst)-at-2)))
		return append(dst[:end], '\n'), "cut"
	case 1:
		return slices.Insert(dst, number+1, 'l'), "letter"
	case 2:
		end := number
		for dst[end] != ',' && dst[end] != '}' {
			end++
		}
		return slices.Replace(dst, number, end, 'N', 'a', 'N'), "nan"
	case 3:
		return slices.Insert(dst, name+1, 0x01), "control"
	case 4:
		return slices.Insert(dst, name+1, 0xff), "utf8"
	case 5:
		return slices.Delete(dst, name-1, name), "quote"
	default:
		return slices.Insert(dst, len(dst)-len("}\n"), ','), "comma"
	}
}
