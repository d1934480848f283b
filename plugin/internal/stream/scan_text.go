package stream

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

const (
	eachByte = 0x0101010101010101
	highBits = 0x80 * eachByte
)

// textStops marks, by its high bit, the first of eight bytes of a string that
// has to be looked at alone: a quote, a backslash or a control character. Bytes
// behind the first may be marked wrongly.
//
// Subtracting n from a byte borrows into its high bit where the byte is below n.
// With bit 1 flipped, the quote is 0x20 and right above the control characters,
// which only change places, so that one subtraction finds both.
func textStops(text uint64) uint64 {
	flipped, slash := text^0x02*eachByte, text^'\\'*eachByte
	return ((flipped-0x21*eachByte)&^flipped | (slash-eachByte)&^slash) & highBits
}

// scanString goes on inside a string at data[i] and stops behind its closing
// quote, or at the last byte that can be judged without the next read.
func scanString(data []byte, i int) (next int, closed bool, err error) {
	for i < len(data) {
		if len(data)-i >= 8 {
			stops := textStops(binary.LittleEndian.Uint64(data[i:]))
			if stops == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(stops) / 8
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1, true, nil
		case c == '\\':
			n, whole, err := scanEscape(data[i:])
			if err != nil || !whole {
				return i, false, err
			}
			i += n
		case c < 0x20:
			return i, false, fmt.Errorf("unexpected control character %#02x inside a string", c)
		default:
			i++
		}
	}
	return i, false, nil
}

// scanEscape measures the escape sequence that data begins with.
func scanEscape(data []byte) (n int, whole bool, err error) {
	if len(data) < 2 {
		return 0, false, nil
	}
	switch data[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, true, nil
	case 'u':
		for j := 2; j < 6; j++ {
			if j == len(data) {
				return 0, false, nil
			}
			if c := data[j]; !isHex(c) {
				return 0, false, fmt.Errorf("unexpected %q in a \\u escape, want four hexadecimal digits", rune(c))
			}
		}
		return 6, true, nil
	}
	return 0, false, fmt.Errorf("unexpected %q after a backslash, want an escape sequence", rune(data[1]))
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isSpace(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t')
}
