package chronicletest

import (
	"fmt"
	"net"
	"time"
)

// Option changes how NewServer sets a Server up.
type Option func(*options)

// options are a server's settings, fixed once it runs.
type options struct {
	heartbeatInterval time.Duration
	listener          net.Listener
	network           *Network
	tokenLifetime     time.Duration
	maxStreams        int
	retention         time.Duration
	maxBatch          int
	layout            layout

	// Of searches.
	searchQuota  int
	searchBytes  int
	noSearch     bool
	creationSkew time.Duration

	// Of the Chronicle API alone.
	instance           string // "" for any
	quotaProject       string // "" for none
	window             int
	bothPositions      bool
	heartbeatPositions bool
	continuationTimes  bool
}

// defaultOptions follows the documentation: 10 streams, 7 days, 10,000
// detections a batch, a heartbeat about every 15 s, tokens of an hour. Nothing is
// known of how large a window is: this one is small, so that a short history has
// several.
func defaultOptions() options {
	return options{
		heartbeatInterval: 15 * time.Second,
		tokenLifetime:     time.Hour,
		maxStreams:        10,
		retention:         168 * time.Hour,
		maxBatch:          10_000,
		searchQuota:       -1,
		window:            4,
	}
}

// check finds settings that no server can have.
func (o options) check() error {
	switch {
	case o.maxBatch < 1:
		return fmt.Errorf("WithMaxBatch wants at least 1, not %d", o.maxBatch)
	case o.window < 1:
		return fmt.Errorf("WithWindow wants at least 1, not %d", o.window)
	case o.instance != "" && !isInstance(o.instance):
		return fmt.Errorf("WithInstance wants projects/P/locations/L/instances/I, not %q", o.instance)
	}
	return nil
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

// WithRetention sets how far back a stream may begin; an older position is
// refused with 400. The default is 168 h.
func WithRetention(d time.Duration) Option {
	return func(o *options) { o.retention = d }
}

// WithMaxBatch sets the most detections in one batch when the request names no
// detectionBatchSize. The default is 10,000. A larger appended batch is served
// in parts: each has a position of its own from which the rest can be resumed,
// and the last part has the appended batch's.
func WithMaxBatch(n int) Option {
	return func(o *options) { o.maxBatch = n }
}

// WithContinuationTimeLast puts a batch's continuation time, or in the Chronicle
// API its page position, after its detections. The order of keys is not promised,
// and this one makes a client read a whole batch before it knows the position.
func WithContinuationTimeLast() Option {
	return func(o *options) { o.layout = positionLast }
}

// WithPositionsAhead serves each detection batch, and each part of one that is
// served in parts, as two elements: a heartbeat with the position, and then the
// detections without any.
//
//	{"heartbeat": true, "nextPageToken": "…"},
//	{"detections": […]}
//
// A client of the Chronicle API was written for such answers. In the Backstory API
// the heartbeat has the continuation time. The position is the same as
// without the option, so from it comes what follows the batch: a client that goes
// on there when it has seen the heartbeat alone loses the batch. A batch without
// detections is the heartbeat alone.
//
// A Step counts both elements: an odd AfterElements, of a history of batches with
// detections, is between a position and what it stands for. An end in good order
// does not come between the two, and is put off until both are served. Of this
// option and WithContinuationTimeLast the last one given counts.
func WithPositionsAhead() Option {
	return func(o *options) { o.layout = positionAhead }
}

// WithInstance makes the Chronicle API serve one instance, named
// projects/P/locations/L/instances/I. Another one is refused as Google's IAM
// refuses what a caller may not see: with 403 PERMISSION_DENIED, whether or not
// it exists. The default, "", is to serve any instance.
func WithInstance(name string) Option {
	return func(o *options) { o.instance = name }
}

// WithWindow sets how many detection batches a window of the Chronicle API has.
// The parts of a batch count as one, and what AppendElement added as none. The
// default is 4. 1 means that only parts have page tokens.
func WithWindow(n int) Option {
	return func(o *options) { o.window = n }
}

// WithBothPositions puts a nextPageStartTime beside each nextPageToken: where the
// token's window begins. Clients' fixtures have both together, and the token is
// then the one to use.
func WithBothPositions() Option {
	return func(o *options) { o.bothPositions = true }
}

// WithHeartbeatPositions gives the Chronicle API's heartbeats a
// nextPageStartTime once everything was served: the present time. What is
// appended afterwards comes after it, AppendAt's backlog too.
func WithHeartbeatPositions() Option {
	return func(o *options) { o.heartbeatPositions = true }
}

// WithContinuationTimes makes the Chronicle API give continuation times instead
// of page positions, as a server does that was never moved on from them. There
// are no page tokens then, so WithBothPositions adds nothing, and the heartbeats
// of WithHeartbeatPositions carry continuation times too.
func WithContinuationTimes() Option {
	return func(o *options) { o.continuationTimes = true }
}
