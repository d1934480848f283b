package chronicletest

import (
	"net"
	"time"
)

// Option changes how NewServer sets a Server up.
type Option func(*options)

// options are a server's settings, fixed once it runs.
type options struct {
	heartbeatInterval    time.Duration
	listener             net.Listener
	network              *Network
	tokenLifetime        time.Duration
	maxStreams           int
	retention            time.Duration
	maxBatch             int
	continuationTimeLast bool
}

// defaultOptions follows the documentation: 10 streams, 7 days, 10,000
// detections a batch, a heartbeat about every 15 s, tokens of an hour.
func defaultOptions() options {
	return options{
		heartbeatInterval: 15 * time.Second,
		tokenLifetime:     time.Hour,
		maxStreams:        10,
		retention:         168 * time.Hour,
		maxBatch:          10_000,
	}
}

// WithHeartbeatInterval sets after how much silence a heartbeat is sent, and
// again after as much more. The default is 15 s; zero or less means never.
func WithHeartbeatInterval(d time.Duration) Option {
	return func(o *options) { o.heartbeatInterval = d }
}

// WithListener serves on l, for instance at a fixed address. The server owns
// it from then on and closes it in Close. It excludes WithNetwork.
func WithListener(l net.Listener) Option {
	return func(o *options) { o.listener = l }
}

// WithNetwork serves on an in-memory network instead of a port, which is what
// testing/synctest needs: only clients that dial through n reach the server.
func WithNetwork(n *Network) Option {
	return func(o *options) { o.network = n }
}

// WithTokenLifetime sets for how long an access token is accepted, and what
// the token endpoint says of it in whole seconds. The default is 1 h.
func WithTokenLifetime(d time.Duration) Option {
	return func(o *options) { o.tokenLifetime = d }
}

// WithMaxStreams sets how many streams may be open at a time; one more is
// refused with 429. The default is 10.
func WithMaxStreams(n int) Option {
	return func(o *options) { o.maxStreams = n }
}

// WithRetention sets how far back a stream may begin; an older continuation
// time is refused with 400. The default is 168 h.
func WithRetention(d time.Duration) Option {
	return func(o *options) { o.retention = d }
}

// WithMaxBatch sets the most detections in one batch when the request names no
// detectionBatchSize. The default is 10,000. A larger appended batch is served
// in parts: each has a continuation time of its own from which the rest can be
// resumed, and the last part has the appended batch's.
func WithMaxBatch(n int) Option {
	return func(o *options) { o.maxBatch = n }
}

// WithContinuationTimeLast puts a batch's continuation time after its
// detections. The order of keys is not promised, and this one makes a client
// read a whole batch before it knows the position.
func WithContinuationTimeLast() Option {
	return func(o *options) { o.continuationTimeLast = true }
}
