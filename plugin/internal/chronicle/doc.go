// Package chronicle is a client of the two APIs that stream detection alerts:
// an endpoint and a place to go on from in, pieces of the stream out, and every
// failure a typed error.
//
// A [Client] lives as long as its input. Its Open makes a [Connection], which
// signs in, asks for the stream, reads it ahead (prefetch.go) and decodes it in a
// goroutine of its own. A connection ends by itself, and says why, or is closed;
// it is never opened again. What a server answers instead of a stream is a
// *[Refusal], read here and judged elsewhere.
//
// Silence is measured here, since only this package knows when the server is
// waited for and when a slow reader is.
//
// It must not know Benthos, nor the names of settings; nor what a position is to
// those who keep one: here it is a [Resume], something to ask with. It does not
// try again, and decides nothing about that.
package chronicle
