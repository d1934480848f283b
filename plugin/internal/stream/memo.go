package stream

// A memo remembers what JSON values say that come again with every detection,
// such as keys, rule names and severities: each is read once, and there is one
// copy of what it says. Values that say nothing are remembered, too. A memo is
// for one way of reading: its answers go by the value alone.
type memo struct{ known map[string]string }

const (
	// memoLimit bounds a memo where rules are many or keys hostile; beyond it,
	// it starts anew.
	memoLimit = 1024
	// memoMaxLen leaves out what is too long to come often.
	memoMaxLen = 512
)

// of is what read says of a value.
func (m *memo) of(value []byte, read func(value []byte) string) string {
	if len(value) > memoMaxLen {
		return read(value)
	}
	if s, found := m.known[string(value)]; found {
		return s
	}
	s := read(value)
	if m.known == nil || len(m.known) == memoLimit {
		m.known = make(map[string]string)
	}
	m.known[string(value)] = s
	return s
}

// text is what a JSON string says, "" for any other value.
func (m *memo) text(value []byte) string {
	return m.of(value, func(value []byte) string {
		s, _ := text(value)
		return s
	})
}
