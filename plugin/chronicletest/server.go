package chronicletest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the stand-in. Its methods may be called from any goroutine, and
// while streams are open.
type Server struct {
	// URL is where the server is, without a slash at the end: "http://" and a
	// loopback address with its port.
	URL string

	options        options
	apis           []api
	history        *history
	pageTokens     *pageTokens
	issuer         *issuer
	requests       *requestLog
	streams        *gate
	script         queue[Step]
	tokenScript    queue[TokenStep]
	controls       controls[Step]
	tokenControls  controls[TokenStep]
	searches       *requestLog
	searchScript   queue[Step]
	searchControls controls[Step]
	searchQuota    *searchQuota
	searchIndex    *searchIndex
	arrivals       atomic.Int64 // stream requests, answered or not
	tokenRequests  atomic.Int64
	searchArrivals atomic.Int64

	http        *http.Server
	served      chan struct{}  // closed when no connection is accepted any more
	closing     chan struct{}  // closed when streams have to end
	closeOnce   sync.Once      // closes closing
	connections sync.WaitGroup // one for each connection
}

// NewServer starts a stand-in, on a loopback port of its own unless an option
// says otherwise. Like httptest.NewServer it panics if it can't listen. The
// caller closes it.
func NewServer(opts ...Option) *Server {
	o := defaultOptions()
	for _, opt := range opts {
		opt(&o)
	}
	if err := o.check(); err != nil {
		panic("chronicletest: " + err.Error())
	}
	l, err := o.listen()
	if err != nil {
		panic(fmt.Sprintf("chronicletest: listening: %v", err))
	}
	s := &Server{
		URL:         "http://" + dialable(l.Addr()),
		options:     o,
		history:     newHistory(),
		pageTokens:  newPageTokens(),
		issuer:      newIssuer(o.tokenLifetime),
		requests:    newRequestLog(),
		searches:    newRequestLog(),
		searchQuota: &searchQuota{most: o.searchQuota},
		searchIndex: &searchIndex{skew: o.creationSkew},
		streams:     &gate{most: o.maxStreams},
		served:      make(chan struct{}),
		closing:     make(chan struct{}),
	}
	s.apis = []api{
		backstory{layout: o.layout},
		&chronicle{options: o, history: s.history, tokens: s.pageTokens},
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.route), ConnState: s.count}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // always ends with an error, which Close brings about
	}()
	return s
}

// listen opens the listener that the options name.
func (o options) listen() (net.Listener, error) {
	switch {
	case o.listener != nil && o.network != nil:
		return nil, fmt.Errorf("WithListener and WithNetwork exclude each other")
	case o.listener != nil:
		return o.listener, nil
	case o.network != nil:
		return o.network.Listen()
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// dialable is an address at which a client on this machine reaches addr: a
// listener on all addresses is reached at the loopback one.
func dialable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}).String()
	}
	return addr.String()
}

// Close breaks all connections off, as a server that goes down does, and waits
// until nothing of the server runs any more. It may be called more than once.
func (s *Server) Close() {
	// Connections first and streams after them, so that no stream gets to end
	// its answer in good order.
	_ = s.http.Close() // its errors are of sockets that are gone anyway
	<-s.served
	// A connection accepted while the first Close ran escaped it.
	_ = s.http.Close()
	s.closeOnce.Do(func() { close(s.closing) })
	s.connections.Wait()
}

// count keeps track of connections, so that Close can wait for them.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.connections.Done()
	}
}

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == tokenPath:
		s.serveToken(w, r, http.MethodPost, s.grantToken)
	case path == exchangePath:
		s.serveToken(w, r, http.MethodPost, s.serveExchange)
	case path == impersonationPath:
		s.serveToken(w, r, http.MethodPost, s.serveImpersonation)
	case path == subjectPath:
		s.serveToken(w, r, http.MethodGet, s.serveSubject)
	case strings.HasPrefix(path, metadataPath):
		s.serveToken(w, r, http.MethodGet, s.serveMetadata)
	default:
		if m := searchFor(path); m != nil {
			s.serveSearch(w, r, m)
			return
		}
		s.serve(w, r)
	}
}

// stall waits until the client leaves or the server is closed.
func (s *Server) stall(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.closing:
	}
}

// Append adds one detection batch to the end of the history, at the present
// time, and wakes the streams that wait there. It returns the batch's position,
// which is always after that of everything appended before: its continuation
// time, and the nextPageStartTime of a window that ends with it.
//
// Detections are served verbatim and not looked at. Without any, the batch is
// one that only has a position.
func (s *Server) Append(detections ...json.RawMessage) time.Time {
	return s.history.append(time.Now(), detections)
}

// AppendAt is Append with a given time, for a backlog. Positions have
// microseconds, are rounded up to them, and move on by at least one for each
// detection: a t that leaves no room after the newest is moved to where there
// is.
func (s *Server) AppendAt(t time.Time, detections ...json.RawMessage) time.Time {
	return s.history.append(t, detections)
}

// AppendElement adds an element verbatim to the end of the history: {}, a batch
// without detections, an unknown element, an error. Each stream that passes
// that point sends it once.
//
// A heartbeat or a batch that has a continuationTime after the newest is found
// again by it, and so it is by a nextPageStartTime that is the only position in
// it. Anything else shares the place of what precedes it, so that a stream that
// resumes there, by a page token too, doesn't meet it again. Windows don't count
// it.
func (s *Server) AppendElement(raw json.RawMessage) {
	s.history.appendRaw(time.Now(), raw)
}

// Script queues what happens to the next stream requests, one step each: to
// requests that use the right method on the right path with a good token, even
// if they are then refused for what their body says. Those that a function of
// Control answers take none. Once the queue is empty streams are served normally.
func (s *Server) Script(steps ...Step) { s.script.add(steps...) }

// OpenStreams is how many streams are open, stalled ones included.
func (s *Server) OpenStreams() int { return s.streams.count() }
