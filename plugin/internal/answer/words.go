package answer

// WordsLimit is how many bytes of the server's words an error repeats.
const WordsLimit = 1000

// Cut cuts text to at most limit bytes, for errors.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}
