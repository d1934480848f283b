package servers

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A Chatroom is a stand-in for the incoming webhook of a chat: it takes what is
// within the chat's limits, in the order that it comes, and can be killed.
type Chatroom struct {
	t       *testing.T
	address string
	Check   func(post []byte) error // what it refuses with 400
	server  *http.Server

	mu      sync.Mutex // guards what follows
	posts   [][]byte   // that were taken
	refused []string   // why others were not
	asked   int        // requests of all kinds
	moody   bool
}

// What the chats answer to a post that they take.
const (
	SlackYes      = "ok"
	GoogleChatYes = `{"name":"spaces/AAAA/messages/x.y"}`
)

// NewChatroom starts one, which refuses what check has something against. A moody
// one answers a few requests with 429, 500 and nothing, as chats do.
func NewChatroom(t *testing.T, moody bool, check func(post []byte) error) *Chatroom {
	t.Helper()
	c := &Chatroom{t: t, address: fmt.Sprintf("127.0.0.1:%d", FreePort(t)), Check: check, moody: moody}
	c.Restart()
	t.Cleanup(c.Kill)
	return c
}

// URL is a webhook's: with a secret in it, and parameters as Google Chat has them.
func (c *Chatroom) URL() string { return "http://" + c.address + "/services/T0/B0/x?key=k&token=t" }

// Restart listens at the address that it had before.
func (c *Chatroom) Restart() {
	c.t.Helper()
	listener, err := net.Listen("tcp", c.address)
	require.NoError(c.t, err)
	c.server = &http.Server{Handler: http.HandlerFunc(c.receive), ReadHeaderTimeout: 10 * time.Second}
	go func(server *http.Server) {
		_ = server.Serve(listener) // ends with ErrServerClosed when it is killed
	}(c.server)
}

// Kill breaks all connections, in the middle of whatever they are at.
func (c *Chatroom) Kill() { _ = c.server.Close() }

func (c *Chatroom) receive(w http.ResponseWriter, r *http.Request) {
	post, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client broke off
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.moody {
		switch c.asked % 150 {
		case 7:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case 23:
			w.WriteHeader(http.StatusInternalServerError)
			return
		case 37:
			panic(http.ErrAbortHandler) // breaks the connection without an answer
		}
	}
	if err := c.Check(post); err != nil {
		c.refused = append(c.refused, err.Error())
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.posts = append(c.posts, post)
	switch {
	case bytes.Contains(post, []byte(`"cardsV2"`)):
		fmt.Fprint(w, GoogleChatYes)
	case bytes.Contains(post, []byte(`"AdaptiveCard"`)):
		w.WriteHeader(http.StatusAccepted) // all that a workflow of Teams says
	default:
		fmt.Fprint(w, SlackYes)
	}
}

// Taken is the posts that it took.
func (c *Chatroom) Taken() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.posts)
}

// Judged is how many posts it took or refused.
func (c *Chatroom) Judged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.posts) + len(c.refused)
}

// RequireNoneRefused fails with the reasons for what was refused.
func (c *Chatroom) RequireNoneRefused() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Empty(c.t, c.refused)
}

// generatedID matches the ids of the stand-in's detections.
var generatedID = regexp.MustCompile(`de_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// IDsInPosts are the ids in some posts, each where a post has it first: that it is
// in the link, too, is no repetition.
func IDsInPosts(posts [][]byte) []string {
	var ids []string
	for _, post := range posts {
		var mentioned []string
		for _, id := range generatedID.FindAllString(string(post), -1) {
			if !slices.Contains(mentioned, id) {
				mentioned = append(mentioned, id)
			}
		}
		ids = append(ids, mentioned...)
	}
	return ids
}
