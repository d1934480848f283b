// Package network is the way to Google's servers: the HTTP client of one
// connection, the proxy that is asked on the way, and what it means when there is
// no answer.
//
// A [Settings] is plain values that somebody else has read and checked. Its
// NewClient makes a client for one connection and a function that closes every
// socket of it; nothing is kept between two connections. A request that got no
// answer is an *[Error], which names the host and the proxy.
//
// It must not know what is asked for, which API it is, nor how the settings are
// called: where a proxy comes from is said by the value's own Origin.
package network
