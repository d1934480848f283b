package chronicletest

import (
	"context"
	"net/http"
	"time"
)

const separator = ",\r\n"

// stream is one answer of 200.
type stream struct {
	feed      feed
	history   *history
	at        cursor
	batch     int // most detections in one batch
	most      int // detections after which the stream ends; 0 for no end
	step      Step
	heartbeat time.Duration
	closing   <-chan struct{} // closed when the server is
}

// newStream prepares the stream of a request that was let in. Its place in the
// history is fixed from here on.
func (s *Server) newStream(a api, begin start, step Step) *stream {
	at := s.history.end()
	if begin.resume {
		at = s.history.after(begin.at)
	}
	batch := s.options.maxBatch
	if begin.batch > 0 {
		batch = begin.batch
	}
	return &stream{
		feed: a.feed(begin), history: s.history, at: at, batch: batch, most: begin.most, step: step,
		heartbeat: s.options.heartbeatInterval, closing: s.closing,
	}
}

// serve answers the request: the headers at once, then the body, then whatever
// the body was to end with.
func (st *stream) serve(ctx context.Context, w http.ResponseWriter) {
	w.Header().Set("Content-Type", jsonType)
	setHeaders(w.Header(), st.step.Header)
	w.WriteHeader(http.StatusOK)

	out := newBodyWriter(ctx, w, st.closing, st.step.ChunkBytes, st.step.ChunkDelay)
	then := st.step.Then
	var err error
	if st.step.Body != nil {
		err = st.verbatim(out)
	} else if then, err = st.follow(ctx, out); err == nil {
		err = st.leave(out, then)
	}
	if err == nil {
		err = out.flush()
	}
	if err != nil {
		return // the client left, or the server is being closed: nobody listens
	}
	switch then {
	case Cut:
		// net/http's own way to break a connection off. What was flushed is
		// delivered, and no terminating chunk follows.
		panic(http.ErrAbortHandler)
	case Stall:
		select {
		case <-ctx.Done():
		case <-st.closing:
		}
	}
}

// verbatim sends the step's body instead of the history.
func (st *stream) verbatim(out *bodyWriter) error {
	if err := out.flush(); err != nil {
		return err
	}
	if err := out.write(st.step.Body); err != nil {
		return err
	}
	if st.step.Then == Fail {
		return out.write(st.step.errorElement())
	}
	return nil
}

// follow sends the history and then what is appended to it, with heartbeats in
// between, until the step's point is reached, or as many detections were sent as
// the request wants. It returns what is to happen there, or why it got nowhere.
func (st *stream) follow(ctx context.Context, out *bodyWriter) (Action, error) {
	if err := out.write([]byte("[")); err != nil {
		return Serve, err
	}
	quiet := newSilence(st.heartbeat)
	defer quiet.stop()
	for served, sent := 0, 0; ; {
		if st.due(served) && st.step.AfterBytes <= 0 {
			return st.step.Then, nil
		}
		batch := st.batch
		if st.most > 0 {
			if sent == st.most {
				return End, nil
			}
			batch = min(batch, st.most-sent)
		}
		p, next, ok, more := st.history.next(st.at, batch)
		if !ok {
			if err := st.wait(ctx, out, quiet, more); err != nil {
				return Serve, err
			}
			continue
		}
		for _, e := range st.feed.elements(p) {
			switch due := st.due(served); {
			case due && st.step.AfterBytes > 0:
				return st.step.Then, out.element(e.first(max(0, min(st.step.AfterBytes, e.size()-1))))
			case due && st.step.Then != End: // between a position and the detections that it is ahead of
				return st.step.Then, nil
			}
			if err := out.element(e); err != nil {
				return Serve, err
			}
			served++
		}
		quiet.restart()
		st.at = next
		sent += p.count
	}
}

// due tells whether the step's point is reached with so many elements served, or
// lies in the next one.
func (st *stream) due(served int) bool {
	return st.step.Then != Serve && served >= st.step.AfterElements
}

// wait sends what is still held back and waits for more of the history. If it
// has been silent for so long that a heartbeat is due, that comes first.
func (st *stream) wait(ctx context.Context, out *bodyWriter, quiet *silence, more <-chan struct{}) error {
	if err := out.flush(); err != nil {
		return err
	}
	select {
	case <-more:
		return nil
	case <-quiet.over():
		err := out.element(st.feed.heartbeat(st.at))
		quiet.restart()
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-st.closing:
		return errClosed
	}
}

// leave writes what an action adds to the body.
func (st *stream) leave(out *bodyWriter, then Action) error {
	switch then {
	case End:
		return out.write([]byte("]"))
	case Fail:
		return out.element(element{body: st.step.errorElement()})
	}
	return nil
}

// errorElement is the element that Fail sends.
func (s Step) errorElement() []byte {
	if s.ErrorElement != nil {
		return s.ErrorElement
	}
	if s.Error != nil {
		return append(append([]byte(`{"error": `), s.Error...), '}')
	}
	return Refusal{
		Status:  http.StatusServiceUnavailable,
		Message: "The service is currently unavailable.",
	}.JSON()
}
