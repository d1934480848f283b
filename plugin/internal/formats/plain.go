package formats

import "math/bits"

// plainPrefix is how many bytes of a text stand for themselves in JSON, from its
// beginning: ASCII, but for control characters, quotes and backslashes. Nearly all
// are, so it looks at eight at once.
func plainPrefix(s string) (n int) {
	for ; n+8 <= len(s); n += 8 {
		eight := s[n : n+8]
		x := uint64(eight[0]) | uint64(eight[1])<<8 | uint64(eight[2])<<16 | uint64(eight[3])<<24 |
			uint64(eight[4])<<32 | uint64(eight[5])<<40 | uint64(eight[6])<<48 | uint64(eight[7])<<56
		if other := others(x); other != 0 {
			return n + bits.TrailingZeros64(other)/8
		}
	}
	for ; n < len(s); n++ {
		if others(blanks&^0xff|uint64(s[n])) != 0 {
			break
		}
	}
	return n
}

const (
	ones   = 0x0101010101010101
	highs  = ones << 7
	blanks = ones * ' '
)

// others has the highest bit of each byte of x that is not plain, at least up to the
// lowest of these.
func others(x uint64) uint64 {
	quotes, slashes := x^(ones*'"'), x^(ones*'\\')
	return (x | (x - blanks) | (quotes - ones) | (slashes - ones)) & highs
}
