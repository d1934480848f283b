package chronicletest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// pair is both ends of a connection.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	network := chronicletest.NewNetwork()
	l, err := network.Listen()
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	client, err = network.DialContext(t.Context(), "tcp", "anywhere:1")
	if err != nil {
		t.Fatal(err)
	}
	return client, <-accepted
}

func TestConnBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		text := bytes.Repeat([]byte("0123456789"), 100_000)
		// Some of it fits without a reader, all of it doesn't.
		if n, err := client.Write(text[:1000]); n != 1000 || err != nil {
			t.Fatal(n, err)
		}
		go func() {
			defer client.Close()
			if n, err := client.Write(text[1000:]); n != len(text)-1000 || err != nil {
				t.Error(n, err)
			}
		}()
		synctest.Wait()
		got, err := io.ReadAll(server)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("writing to who has left: %v", err)
		}
		server.Close()
	})
}

func TestConnDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		defer server.Close()
		began := time.Now()
		_ = client.SetDeadline(began.Add(time.Minute))
		if n, err := client.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(n, err)
		}
		var timeout net.Error
		n, err := client.Write(make([]byte, 1<<20))
		if n != 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Error(n, err)
		}
		_ = client.SetWriteDeadline(time.Now().Add(time.Minute))
		if n, err := client.Write(make([]byte, 1<<20)); n == 0 || n == 1<<20 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(n, err)
		}
		if got := time.Since(began); got != 2*time.Minute {
			t.Errorf("waited %s", got)
		}

		// A deadline reaches whoever waits already, and can be taken back.
		failed := make(chan error)
		_ = client.SetReadDeadline(time.Time{})
		go func() {
			_, err := client.Read(make([]byte, 1))
			failed <- err
		}()
		synctest.Wait()
		_ = client.SetReadDeadline(time.Unix(1, 0))
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		_ = client.SetReadDeadline(time.Time{})
		go func() {
			_, err := client.Read(make([]byte, 1))
			failed <- err
		}()
		synctest.Wait()
		client.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if _, err := client.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if client.LocalAddr().String() == client.RemoteAddr().String() {
			t.Error("both ends have the same address")
		}
	})
}

func TestNetworkRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := chronicletest.NewNetwork()
		dial := func(ctx context.Context) error {
			c, err := network.DialContext(ctx, "tcp", "127.0.0.1:1")
			if err == nil {
				c.Close()
			}
			return err
		}
		if err := dial(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("before listening: %v", err)
		}
		l, err := network.Listen()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := network.Listen(); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("listening twice: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := dial(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nobody accepts: %v", err)
		}
		waiting := make(chan error)
		go func() { waiting <- dial(t.Context()) }()
		synctest.Wait()
		l.Close()
		l.Close()
		if err := <-waiting; !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("closed while dialling: %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accepting: %v", err)
		}
		if err := dial(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after closing: %v", err)
		}
	})
}

// A server that goes down and comes back is found at the same URL.
func TestNetworkOutlivesItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := chronicletest.NewNetwork()
		transport := &http.Transport{DialContext: network.DialContext}
		defer transport.CloseIdleConnections()
		first := chronicletest.NewServer(chronicletest.WithNetwork(network))
		c := &client{t: t, server: first, http: &http.Client{Transport: transport}, path: streamPath}
		stream := c.open("")
		first.Close()
		if err := stream.end(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("ended with %v", err)
		}
		if _, err := c.http.Do(c.request(t.Context(), "")); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("while it is down: %v", err)
		}
		second := chronicletest.NewServer(chronicletest.WithNetwork(network))
		defer second.Close()
		if second.URL != first.URL {
			t.Errorf("%s moved to %s", first.URL, second.URL)
		}
		c.server = second
		c.open("")
	})
}
