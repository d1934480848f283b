package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
)

// maxAction is the longest line of a bulk request, in bytes.
const maxAction = 16 << 20

// A destination is where pipelines deliver to: one server that takes everything at
// once, says yes in the words of whom it stands in for, and keeps nothing. What it
// does not imitate is any no, and any delay.
type destination struct {
	*httptest.Server
	requests atomic.Int64 // that it said yes to
}

// The places of a destination.
const (
	webhookPlace    = "/webhook"
	slackPlace      = "/slack"
	googleChatPlace = "/google-chat"
	teamsPlace      = "/teams"
	pagerDutyPlace  = "/v2/enqueue"
	bucket          = "bench"
)

func newDestination() *destination {
	d := &destination{}
	places := http.NewServeMux()
	places.HandleFunc("POST "+webhookPlace, d.says(""))
	places.HandleFunc("POST "+slackPlace, d.says("ok"))
	places.HandleFunc("POST "+googleChatPlace, d.says(`{"name":"spaces/bench/messages/1"}`))
	places.HandleFunc("POST "+teamsPlace, d.accepts(""))
	places.HandleFunc("POST "+pagerDutyPlace, d.accepts(`{"status":"success","message":"Event processed","dedup_key":"bench"}`))
	places.HandleFunc("POST /rest/api/3/search/jql", d.says(`{"issues":[],"isLast":true}`))
	places.HandleFunc("POST /rest/api/3/issue", d.creates(`{"id":"10000","key":"BENCH-1"}`))
	places.HandleFunc("GET /api/now/table/incident", d.says(`{"result":[]}`))
	places.HandleFunc("POST /api/now/table/incident", d.creates(`{"result":{"sys_id":"1","correlation_id":"bench"}}`))
	places.HandleFunc("POST /services/collector/event", d.says(`{"text":"Success","code":0}`))
	places.HandleFunc("POST /_bulk", d.bulk)
	places.HandleFunc("POST /upload/storage/v1/b/"+bucket+"/o", d.upload)
	places.HandleFunc("PUT /"+bucket+"/{object...}", d.put)
	d.Server = httptest.NewServer(places)
	return d
}

func (d *destination) close() {
	d.CloseClientConnections()
	d.Close()
}

// says answers with a body that is always the same.
func (d *destination) says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if d.took(w, r.Body) {
			fmt.Fprint(w, body)
		}
	}
}

// took reads a body, and says whether it is to be answered.
func (d *destination) took(w http.ResponseWriter, body io.Reader) bool {
	if _, err := io.Copy(io.Discard, body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	d.requests.Add(1)
	return true
}

// accepts answers with 202 and a body that is always the same.
func (d *destination) accepts(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if d.took(w, r.Body) {
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, body)
		}
	}
}

// creates answers with 201 and a body that is always the same.
func (d *destination) creates(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if d.took(w, r.Body) {
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, body)
		}
	}
}

// put is S3's PutObject.
func (d *destination) put(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"bench"`)
	d.says("")(w, r)
}

// upload is Cloud Storage's, in one request.
func (d *destination) upload(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	d.says(`{"bucket":"`+bucket+`","name":"bench","generation":"1"}`)(w, r)
}

// bulk is OpenSearch's: an item for each action.
func (d *destination) bulk(w http.ResponseWriter, r *http.Request) {
	answer, err := bulkAnswer(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.requests.Add(1)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

// bulkAnswer says that every document of a bulk request was created.
func bulkAnswer(body io.Reader) ([]byte, error) {
	var answer bytes.Buffer
	answer.WriteString(`{"took":1,"errors":false,"items":[`)
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxAction)
	for n := 0; lines.Scan(); n++ {
		var action map[string]struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &action); err != nil {
			return nil, fmt.Errorf("reading action %d: %w", n, err)
		}
		if !lines.Scan() {
			return nil, fmt.Errorf("reading the document of action %d: %w", n, io.ErrUnexpectedEOF)
		}
		if n > 0 {
			answer.WriteByte(',')
		}
		for verb, of := range action {
			fmt.Fprintf(&answer, `{%q:{"_index":%q,"_id":%q,"_version":1,"result":"created","status":201}}`, verb, of.Index, of.ID)
		}
	}
	answer.WriteString("]}")
	return answer.Bytes(), lines.Err()
}

// host is where the destination listens, without a scheme.
func (d *destination) host() string { return strings.TrimPrefix(d.URL, "http://") }
