package chronicletest

import (
	"bufio"
	"net"
	"net/http"
)

// controlWriter is what a control function answers through. It notices when an
// answer begins, whichever of net/http's ways begins it, so that the request is
// recorded before its client knows the answer.
type controlWriter struct {
	http.ResponseWriter
	decided  func(status int) // called once
	answered bool
}

// decide tells of the answer's status, 0 for none. Only the first counts.
func (w *controlWriter) decide(status int) {
	if !w.answered {
		w.answered = true
		w.decided(status)
	}
}

// begin is decide for an answer whose headers go out now.
func (w *controlWriter) begin(status int) {
	if _, ok := w.Header()["Content-Type"]; !ok {
		w.Header().Set("Content-Type", jsonType)
	}
	w.decide(status)
}

// WriteHeader implements http.ResponseWriter.
func (w *controlWriter) WriteHeader(status int) {
	if status >= http.StatusOK { // what is below only announces an answer
		w.begin(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *controlWriter) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher, as net/http's own writer does.
func (w *controlWriter) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController prefers to Flush.
func (w *controlWriter) FlushError() error {
	w.begin(http.StatusOK)
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements http.Hijacker, as net/http's own writer does.
func (w *controlWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.decide(0)
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController do everything else.
func (w *controlWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
