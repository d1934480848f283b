package chronicletest_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// What goes over the wire, without an HTTP client in between.
func TestWire(t *testing.T) {
	for _, test := range []struct {
		name string
		then chronicletest.Action
		want string // after the headers
	}{
		{"cut", chronicletest.Cut, "7\r\n[" + "{},\r\n{\r\n"},
		{"end", chronicletest.End, "8\r\n[" + "{},\r\n{]\r\n0\r\n\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			server.AppendElement(json.RawMessage(`{}`))
			server.AppendElement(json.RawMessage(`{}`))
			server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 1, Then: test.then})

			conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			body := from(time.Now().Add(-time.Hour))
			r, _ := http.NewRequest(http.MethodPost, server.URL+streamPath, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+server.AccessToken())
			r.Header.Set("Connection", "close")
			if err := r.Write(conn); err != nil {
				t.Fatal(err)
			}
			wire := bufio.NewReader(conn)
			chunked := false
			for {
				line, err := wire.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				chunked = chunked || line == "Transfer-Encoding: chunked\r\n"
				if line == "\r\n" {
					break
				}
			}
			rest, err := io.ReadAll(wire)
			if err != nil || !chunked {
				t.Fatalf("chunked: %t, %v", chunked, err)
			}
			wantText(t, string(rest), test.want)
		})
	}
}
