package chronicle

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
)

const userAgent = "chronicle-connect"

// Retention is how far back the server can resume: 168 hours by Google's
// documentation. Older times are refused.
const Retention = 7 * 24 * time.Hour

// RetentionMargin is kept from that limit, so that a request that is the oldest
// possible is still within it when it arrives.
const RetentionMargin = time.Minute

// MaxDetectionBatchSize is the server's own limit.
const MaxDetectionBatchSize = 10000

// A Resume is what to ask the server to go on from. The zero Resume asks for what
// comes from now on.
type Resume struct {
	// PageToken goes on inside the window that began at StartTime, which is not
	// sent then. Only the Chronicle API has tokens.
	PageToken string
	// StartTime is RFC 3339.
	StartTime string
}

// time is when the place to go on from is, zero where there is none.
func (r Resume) time() time.Time {
	t, err := time.Parse(time.RFC3339, r.StartTime)
	if err != nil {
		// Only times that were checked are asked for, or none.
		return time.Time{}
	}
	return t
}

// Options are the fields of a request that do not say where to go on from.
type Options struct {
	// DetectionBatchSize is 1 to MaxDetectionBatchSize, or 0 to leave it to the
	// server.
	DetectionBatchSize int
	// IncludeSimulated is for the Backstory API alone.
	IncludeSimulated bool
	// CompositeAlertHandling is for the Chronicle API alone; "" is not sent.
	CompositeAlertHandling string
}

// body is the request's JSON. The servers refuse fields that they do not know,
// so nothing is sent that was not asked for, and of a token and a time only the
// token.
func (o Options) body(api API, resume Resume) ([]byte, error) {
	var fields struct {
		ContinuationTime       string `json:"continuationTime,omitempty"`
		PageToken              string `json:"pageToken,omitempty"`
		PageStartTime          string `json:"pageStartTime,omitempty"`
		IncludeSimulated       bool   `json:"include_simulated_detections,omitempty"`
		CompositeAlertHandling string `json:"compositeAlertHandling,omitempty"`
		DetectionBatchSize     int    `json:"detectionBatchSize,omitempty"`
	}
	switch {
	case api == Backstory:
		fields.ContinuationTime = resume.StartTime
	case resume.PageToken != "":
		fields.PageToken = resume.PageToken
	default:
		fields.PageStartTime = resume.StartTime
	}
	fields.IncludeSimulated = o.IncludeSimulated
	fields.CompositeAlertHandling = o.CompositeAlertHandling
	fields.DetectionBatchSize = o.DetectionBatchSize
	return json.Marshal(fields)
}

// open asks for the stream from a position, from now on where that is zero.
// Any answer but a stream is a *Refusal.
func (c *Client) request(conn *Connection, client *http.Client, access *signin.Access, resume Resume) (*http.Response, error) {
	body, err := c.Options.body(c.Endpoint.API, resume)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(onceSent(conn.ctx, conn.silence.sent), http.MethodPost, c.Endpoint.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	access.Authorize(req)
	answer, err := client.Do(req)
	if err != nil {
		return nil, c.Network.NoAnswer(conn.ctx, c.Endpoint.URL, err)
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		conn.silence.progress()
		return answer, newRefusal(answer, resume)
	}
	return answer, nil
}

// onceSent is the context of a request that calls sent once it is written.
func onceSent(ctx context.Context, sent func()) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(written httptrace.WroteRequestInfo) {
			if written.Err == nil {
				sent()
			}
		},
	})
}
