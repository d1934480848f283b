package chronicletest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

// pageTokens seals places in a window into page tokens and opens them again.
// Nothing is remembered of a token but the key that sealed it, so a server that
// runs for days doesn't grow with the tokens that it gave out.
type pageTokens struct {
	mu  sync.Mutex // guards key
	key []byte
}

const (
	// sealedPlace is the length of a place in a token, in bytes: the position,
	// the window's start, and the number of its last batch.
	sealedPlace = 3 * 8
	sealLength  = 16
)

func newPageTokens() *pageTokens { return &pageTokens{key: randomBytes(sha256.Size)} }

// seal makes the token of a position in a window.
func (p *pageTokens) seal(at time.Time, w window) string {
	place := make([]byte, 0, sealedPlace+sealLength)
	place = binary.BigEndian.AppendUint64(place, uint64(at.UnixMicro()))
	place = binary.BigEndian.AppendUint64(place, uint64(w.start.UnixMicro()))
	place = binary.BigEndian.AppendUint64(place, uint64(w.last))
	return base64.RawURLEncoding.EncodeToString(append(place, p.sign(place)...))
}

// open is the reverse. It says no to whatever seal didn't make with the key of
// the present.
func (p *pageTokens) open(token string) (at time.Time, w window, ok bool) {
	// The length counts before decoding too, which passes over line breaks.
	if len(token) != base64.RawURLEncoding.EncodedLen(sealedPlace+sealLength) {
		return time.Time{}, window{}, false
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(text) != sealedPlace+sealLength {
		return time.Time{}, window{}, false
	}
	place := text[:sealedPlace]
	if !hmac.Equal(text[sealedPlace:], p.sign(place)) {
		return time.Time{}, window{}, false
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(place[8*i:])) }
	return time.UnixMicro(number(0)).UTC(), window{start: time.UnixMicro(number(1)).UTC(), last: int(number(2))}, true
}

// sign is the seal over a place.
func (p *pageTokens) sign(place []byte) []byte {
	p.mu.Lock()
	key := p.key
	p.mu.Unlock()
	mac := hmac.New(sha256.New, key)
	mac.Write(place)
	return mac.Sum(nil)[:sealLength]
}

// expire makes every token bad.
func (p *pageTokens) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = randomBytes(sha256.Size)
}

// ExpireTokens makes every page token issued so far bad: from now on it is
// refused with 400. Streams that are open stay open, and the tokens that they
// give from now on are good. Access tokens are the matter of RevokeTokens.
func (s *Server) ExpireTokens() { s.pageTokens.expire() }
