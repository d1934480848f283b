package chronicle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A method is one of those that a search is made of.
type method struct {
	path string // beside that of the stream's method
	list string // the key of what it answers with
	// permission is what it wants of an account, by the Chronicle API's documentation.
	permission string
}

// The methods of a search, by Google's documentation.
var (
	backstoryDetections = method{"v2/detect/rules/-/detections", "detections", ""}
	backstoryCurated    = method{"v2/detect/curatedRules/-/detections", "curatedRuleDetections", ""}

	chronicleDetections = method{"legacy:legacySearchDetections", "detections", "chronicle.legacies.legacySearchDetections"}
	chronicleCurated    = method{"legacy:legacySearchCuratedDetections", "curatedDetections", "chronicle.legacies.legacySearchCuratedDetections"}
	chronicleRules      = method{"curatedRules", "curatedRules", "chronicle.curatedRules.list"}
)

// url is where a method of an endpoint is.
func (m method) url(at Endpoint) *url.URL {
	own := chronicleMethod
	if at.API == Backstory {
		own = backstoryPath
	}
	u := *at.URL
	// A URL that was joined to a host without a path begins without a slash.
	u.Path = strings.TrimSuffix(u.Path, strings.TrimPrefix(own, "/")) + m.path
	u.RawPath = ""
	return &u
}

// A query is one request of a search, and the pages after it.
type query struct {
	method   method
	ruleID   string // of the Chronicle API
	from, to time.Time
	size     int
	token    string
}

func (q query) span() time.Duration { return q.to.Sub(q.from) }

// isSameList says whether two queries have their detections in one list, in turns.
func (q query) isSameList(other query) bool {
	return q.method == other.method && q.ruleID == other.ruleID
}

func (q query) values(api API) url.Values {
	values := url.Values{}
	set := func(camel, snake, value string) {
		if api == Backstory {
			camel = snake
		}
		if value != "" && camel != "" {
			values.Set(camel, value)
		}
	}
	set("pageSize", "page_size", strconv.Itoa(q.size))
	set("pageToken", "page_token", q.token)
	if q.from.IsZero() {
		return values
	}
	set("ruleId", "", q.ruleID)
	set("alertState", "alert_state", "ALERTING")
	set("listBasis", "list_basis", "CREATED_TIME")
	set("startTime", "start_time", q.from.UTC().Format(time.RFC3339Nano))
	set("endTime", "end_time", q.to.UTC().Format(time.RFC3339Nano))
	return values
}

// accessFor is how long access is not asked for again, which reads the credentials anew
// as at every connection: a search makes many requests a second.
const accessFor = 10 * time.Second

func (r *searchRun) access(ctx context.Context) (*signin.Access, error) {
	if r.granted != nil && time.Since(r.grantedAt) < accessFor {
		return r.granted, nil
	}
	access, err := r.Client.Tokens.Fetch(ctx, r.client)
	if err != nil {
		return nil, err
	}
	r.granted, r.grantedAt = access, time.Now()
	return access, nil
}

// hear takes in the server's clock, unless that is known.
func (r *searchRun) hear(header http.Header) {
	if now := time.Now(); !r.clock.Known {
		r.clock, r.heard = answer.ReadClock(header, now), now
	}
}

// ask sends a request and hands its answer to read.
func (r *searchRun) ask(q query, read func(io.Reader) error) error {
	ctx, c := r.conn.ctx, r.Client
	if err := r.pace.wait(ctx, c.Endpoint.API, q.method.path); err != nil {
		return err
	}
	r.conn.silence.connect()
	r.conn.silence.start()
	defer r.conn.silence.stop()
	access, err := r.access(ctx)
	if err != nil {
		return err
	}
	r.conn.silence.start()
	to := q.method.url(c.Endpoint)
	to.RawQuery = q.values(c.Endpoint.API).Encode()
	req, err := http.NewRequestWithContext(onceSent(ctx, r.conn.silence.sent), http.MethodGet, to.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	access.Authorize(req)
	response, err := r.client.Do(req)
	if err != nil {
		return r.wrong(q, c.Network.NoAnswer(ctx, c.Endpoint.URL, err))
	}
	defer response.Body.Close()
	r.hear(response.Header)
	if response.StatusCode != http.StatusOK {
		r.conn.silence.progress()
		refused := newRefusal(response, Resume{})
		refused.Search = true
		refused.Permission = q.method.permission
		if refused.Code == http.StatusBadRequest && q.token != "" {
			return r.wrong(q, &tokenRefusedError{refused.Error()})
		}
		return r.wrong(q, refused)
	}
	r.conn.silence.stop()
	body, err := plainBody(response.Header, &attentiveReader{response.Body, r.conn.silence})
	if err == nil {
		err = read(body)
	}
	_, tooMuch := errors.AsType[*tooMuchError](err)
	switch {
	case err == nil, tooMuch:
		return err
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return r.wrong(q, err)
}

// answerLimits are how much of an answer is looked at together.
var answerLimits = stream.Limits{MaxCount: pageSize, MaxBytes: 4 << 20}

// page asks for one page and hands on what is in it, part by part. Truncated says
// that the server left some out.
func (r *searchRun) page(q query, take func([]stream.Detection) error) (next string, truncated bool, err error) {
	err = r.ask(q, func(body io.Reader) error {
		source := &attentiveSource{Source: &bodySource{body}, silence: r.conn.silence}
		decoder := stream.NewAnswerDecoder(source, answerLimits, q.method.list)
		source.decoder = decoder
		for {
			piece, err := decoder.Next()
			switch {
			case err == io.EOF: //nolint:errorlint // The decoder's own word, never wrapped.
				return io.ErrUnexpectedEOF
			case err != nil:
				return err
			case piece.Complete && piece.Kind == stream.Failure:
				refused := r.conn.refused(piece.Err)
				refused.Search, refused.Permission = true, q.method.permission
				return refused
			case piece.Complete && len(piece.Keys) > 0:
				return &stream.SyntaxError{Problem: fmt.Sprintf("the answer has %q, want %s", piece.Keys, q.method.list)}
			}
			if err := take(piece.Detections); err != nil {
				return err
			}
			if piece.Complete {
				next, truncated = piece.Position.NextPageToken, piece.Truncated
				// To its end, so that the connection can be used again.
				r.conn.silence.start()
				_, err := io.Copy(io.Discard, io.LimitReader(body, 4<<10))
				return err
			}
		}
	})
	return next, truncated, err
}

// portion is how much of an answer is read at once.
const portion = 256 << 10

// A bodySource is an answer as a decoder takes it.
type bodySource struct{ body io.Reader }

// AppendTo implements stream.Source.
func (s *bodySource) AppendTo(b []byte) ([]byte, error) {
	if cap(b)-len(b) < portion/4 {
		b = append(make([]byte, 0, max(2*len(b), portion)), b...)
	}
	for range maxBlankReads {
		n, err := s.body.Read(b[len(b):cap(b)])
		if n > 0 {
			return b[:len(b)+n], nil
		}
		if err != nil {
			return b, err
		}
	}
	return b, io.ErrNoProgress
}
