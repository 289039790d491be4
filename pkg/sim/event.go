package sim

import "strconv"

// client simulates the translations of one client.
type client struct {
	words int64 // of the latest translation
	load  int64 // how busy the translators are, 0 to 40; a bounded random walk
}

// init draws the initial load.
func (c *client) init(r *random) { c.load = r.between(0, 40) }

// step makes the next translation and returns how long it took: 1 to 135.
func (c *client) step(r *random) (duration int64) {
	c.words = 1 + r.below(30)*r.below(10)
	c.load += r.between(-4, 4)
	c.load = max(0, min(c.load, 40))
	return 1 + c.words/3 + c.load + r.below(8)
}

// clientName returns the name of client i, from 0.
func clientName(i int) []byte {
	names := [...]string{"airliberty", "taxi-eats", "booking-bay", "hotel-rex", "fast-parcel", "green-grid", "open-desk", "snow-line"}
	if i < len(names) {
		return []byte(names[i])
	}
	return strconv.AppendInt([]byte("client-"), int64(i)+1, 10)
}

// event appends the current event of u as a line, with the white space and the member order
// of the challenge's sample. Every line has a different id, as mix is a bijection.
func (s *Sim) event(dst []byte, u *unit) []byte {
	languages := [...]string{"en", "fr", "de", "es", "it", "pt", "nl", "pl"}
	id := mix(uint64(s.readings) + s.idSeed)
	from := int64(id % uint64(len(languages)))
	to := (from + 1 + int64(id>>32%uint64(len(languages)-1))) % int64(len(languages))
	dst = append(append(dst, `{"timestamp": "`...), s.timeText...)
	dst = appendHex(append(dst, `","translation_id": "5aa5`...), id)
	dst = append(append(dst, `","source_language": "`...), languages[from]...)
	dst = append(append(dst, `","target_language": "`...), languages[to]...)
	dst = append(append(dst, `","client_name": "`...), u.name...)
	dst = append(dst, `","event_name": "translation_delivered","nr_words": `...)
	dst = strconv.AppendInt(dst, u.client.words, 10)
	dst = append(dst, `, "duration": `...)
	s.numberAt = len(dst)
	dst = strconv.AppendInt(dst, u.values[0], 10)
	return append(dst, "}\n"...)
}

// appendHex appends v as 16 hexadecimal digits.
func appendHex(dst []byte, v uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[v>>shift&15])
	}
	return dst
}
