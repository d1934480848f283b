package stream

import "fmt"

// A SyntaxError says where and how a stream is not what it should be: not JSON,
// not an array of elements, or a known key with a value of the wrong type.
// Connection errors are never wrapped in one.
type SyntaxError struct {
	// Offset is the number of bytes of the stream before the offending one.
	Offset int64
	// Problem says what was found and what was wanted.
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("decoding the stream at byte %d: %s", e.Offset, e.Problem)
}

// excerptLimit is how many bytes of a stream an error quotes: enough to
// recognise an HTML page or a JSON object, too little to flood a log.
const excerptLimit = 80

// quote shows the beginning of data in an error.
func quote(data []byte) string {
	if len(data) > excerptLimit {
		return fmt.Sprintf("%q…", data[:excerptLimit])
	}
	return fmt.Sprintf("%q", data)
}
