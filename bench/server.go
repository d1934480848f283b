package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A protocol is how the server is spoken to.
type protocol string

const (
	http1 protocol = "HTTP/1.1"
	https protocol = "HTTP/1.1 with TLS"
	http2 protocol = "HTTP/2 with TLS"
)

// drainPath is where the backlog ends the answer, for a reader that is no
// client of Chronicle. Elsewhere heartbeats follow, as from Chronicle.
const drainPath = "/drain"

// heartbeatInterval is Chronicle's, about.
const heartbeatInterval = 15 * time.Second

// A server has a backlog for every reader.
type server struct {
	*httptest.Server
	backlog *backlog
	asked   atomic.Int64 // when the last stream was asked for, in Unix nanoseconds
	// tokens is where clients of Chronicle sign in.
	tokens *chronicletest.Server
	// credentials and certificate are files.
	credentials, certificate string
}

func serve(b *backlog, p protocol, dir string) (*server, error) {
	s := &server{
		backlog: b, tokens: chronicletest.NewServer(),
		credentials: filepath.Join(dir, "credentials.json"),
	}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.stream))
	switch p {
	case http1:
		s.Start()
	default:
		s.EnableHTTP2 = p == http2
		s.StartTLS()
		s.certificate = filepath.Join(dir, "certificate.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Server.Certificate().Raw})
		if err := os.WriteFile(s.certificate, block, 0o600); err != nil {
			return nil, err
		}
	}
	return s, s.tokens.WriteCredentials(s.credentials)
}

func (s *server) close() {
	s.CloseClientConnections()
	s.Close()
	s.tokens.Close()
}

func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	s.asked.Store(time.Now().UnixNano())
	w.Header().Set("Content-Type", "application/json")
	flush := http.NewResponseController(w).Flush
	for _, element := range s.backlog.elements {
		if _, err := w.Write(element); err != nil {
			return // The reader has gone.
		}
		if flush() != nil {
			return
		}
	}
	if r.URL.Path == drainPath {
		return
	}
	for beat := time.NewTicker(heartbeatInterval); ; {
		select {
		case <-beat.C:
			if _, err := w.Write([]byte("{\"heartbeat\": true},\r\n")); err != nil || flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
