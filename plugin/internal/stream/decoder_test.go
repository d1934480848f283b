package stream_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// An outcome is what a decoder makes of a stream, in a form that tests compare.
type outcome struct {
	pieces []string
	fields []string // of each detection
	err    string
}

func (o outcome) String() string {
	return strings.Join(append(o.pieces, "end: "+o.err), "\n")
}

// A readSource is a reader as the source of a stream, read by read.
type readSource struct {
	r      io.Reader
	buffer []byte
}

func from(r io.Reader) *readSource { return &readSource{r, make([]byte, 16<<10)} }

func (s *readSource) AppendTo(b []byte) ([]byte, error) {
	for {
		n, err := s.r.Read(s.buffer)
		switch {
		case n > 0: // An error that came along comes again.
			return append(b, s.buffer[:n]...), nil
		case err != nil:
			return b, err
		}
	}
}

func decode(r io.Reader, limits stream.Limits) (o outcome) {
	decoder := stream.NewDecoder(from(r), limits)
	var reader stream.FieldReader
	for {
		piece, err := decoder.Next()
		if err != nil {
			o.err = err.Error()
			return o
		}
		o.pieces = append(o.pieces, describe(piece))
		for i := range piece.Detections {
			o.fields = append(o.fields, fields(reader.Read(&piece.Detections[i])))
		}
	}
}

// fields are what is known of a detection beside its bytes.
func fields(f stream.Fields) string {
	return fmt.Sprintf("%q %t", []string{f.ID, f.Type, f.Time, f.RuleID, f.RuleName, f.Severity}, f.Garbled)
}

var kindNames = map[stream.Kind]string{
	stream.Unknown: "unknown", stream.Empty: "empty", stream.Heartbeat: "heartbeat",
	stream.Batch: "batch", stream.Failure: "failure",
}

func describe(p stream.Piece) string {
	words := []string{kindNames[p.Kind]}
	if !p.Complete {
		words = append(words, "part")
	}
	for _, position := range []struct{ name, value string }{
		{"continue", p.Position.ContinuationTime},
		{"token", p.Position.NextPageToken},
		{"page", p.Position.NextPageStartTime},
	} {
		if position.value != "" {
			words = append(words, position.name+"="+position.value)
		}
	}
	for _, d := range p.Detections {
		words = append(words, string(d.Raw))
	}
	if p.Err != nil {
		words = append(words, p.Err.Error())
	}
	return strings.Join(append(words, p.Keys...), " ")
}

var streams = []struct {
	name   string
	body   string
	limits stream.Limits
	want   []string
	end    string
}{
	{name: "heartbeats", body: "[{\"heartbeat\": true},\r\n{\"heartbeat\": true}\r\n]", want: []string{"heartbeat", "heartbeat"}, end: "EOF"},
	{
		name: "heartbeat with positions", body: `[{"continuationTime":"T1","heartbeat":true},{"nextPageStartTime":"T2","heartbeat":true}]`,
		want: []string{"heartbeat continue=T1", "heartbeat page=T2"}, end: "EOF",
	},
	{name: "batch", body: `[{"continuationTime":"T","detections":[{"id":1},{"id":2}]}`, want: []string{`batch continue=T {"id":1} {"id":2}`}, end: "EOF"},
	{name: "continuation time last", body: `[{"detections":[{"id":1},{"id":2}],"continuationTime":"T"}`, want: []string{`batch continue=T {"id":1} {"id":2}`}, end: "EOF"},
	{name: "page token", body: `[{"nextPageToken":"k","nextPageStartTime":"T","detections":[{}]}`, want: []string{`batch token=k page=T {}`}, end: "EOF"},
	{
		name: "batch without detections", body: `[{"continuationTime":"T"},{"continuationTime":"U","detections":[]},{"detections":null,"continuationTime":"V"}`,
		want: []string{"batch continue=T", "batch continue=U", "batch continue=V"}, end: "EOF",
	},
	{name: "bytes as received", body: "[{\"detections\":[ { \"a\" : [ 1.0e+0 , \"\\u00e9\\/\\\"\" ] }\n,\t{}\r] }", want: []string{"batch { \"a\" : [ 1.0e+0 , \"\\u00e9\\/\\\"\" ] } {}"}, end: "EOF"},
	{name: "no commas between elements", body: "[{\"heartbeat\":true}\n{\"continuationTime\":\"T\"}{}", want: []string{"heartbeat", "batch continue=T", "empty"}, end: "EOF"},
	{name: "comma before the end", body: `[{},]`, want: []string{"empty"}, end: "EOF"},
	{name: "empty array", body: ` [ ] `, end: "EOF"},
	{name: "unknown keys", body: `[{"usage":{"x":[1,2]},"quota":7}]`, want: []string{"unknown usage quota"}, end: "EOF"},
	{name: "known beside unknown", body: `[{"usage":{"x":[1,2]},"continuationTime":"T"}]`, want: []string{"batch continue=T"}, end: "EOF"},
	{
		name: "error", body: `[{"error":{"code":503,"status":"UNAVAILABLE","message":"try later","details":[]}}`,
		want: []string{"failure the server sent an error 503 UNAVAILABLE: try later"}, end: "EOF",
	},
	{name: "error as a string", body: `[{"error":"try \u006cater"}`, want: []string{"failure the server sent an error: try later"}, end: "EOF"},
	{name: "error of another shape", body: `[{"error":[1]}`, want: []string{"failure the server sent an error: [1]"}, end: "EOF"},
	{name: "error beside a continuation time", body: `[{"continuationTime":"T","error":{"code":13}}`, want: []string{`failure continue=T the server sent an error 13: {"code":13}`}, end: "EOF"},
	{name: "null error", body: `[{"continuationTime":"T","error":null}`, want: []string{"batch continue=T"}, end: "EOF"},
	{name: "nothing but nulls", body: `[{"error":null},{"heartbeat":false},{"continuationTime":""},{"detections":null}`, want: []string{"empty", "empty", "empty", "empty"}, end: "EOF"},
	{name: "an empty error", body: `[{"detections":[{}],"error":{}},{"error":[ ]}`, want: []string{"batch {}", "empty"}, end: "EOF"},
	{
		name: "snake case", body: `[{"continuation_time":"T","detections":[{}]},{"next_page_token":"k","detections":[{}]},{"next_page_start_time":"U","heartbeat":true}`,
		want: []string{"batch continue=T {}", "batch token=k {}", "heartbeat page=U"}, end: "EOF",
	},
	{name: "heartbeat in quotes", body: `[{"heartbeat":"true"}`, want: []string{"heartbeat"}, end: "EOF"},
	{
		name: "position beside an unknown list", body: `[{"continuationTime":"T","notifications":[{}]},{"continuationTime":"T","notifications":[]},{"detections":[{}],"notifications":[1],"continuationTime":"T"},{"detections":[],"newDetections":[{}],"continuationTime":"T"},{"heartbeat":true,"newDetections":[{}],"continuationTime":"T"}`,
		want: []string{"unknown continue=T notifications", "batch continue=T", "batch continue=T {}", "unknown continue=T newDetections", "heartbeat continue=T newDetections"}, end: "EOF",
	},
	{name: "byte order mark", body: "\ufeff[{\"detections\":[{}],\"continuationTime\":\"T\"}]", want: []string{"batch continue=T {}"}, end: "EOF"},
	{name: "another mark", body: "\xef\xbb\xbe[{}]", end: `decoding the stream at byte 0: the body begins with "\ufefe[{}]", want a JSON array of elements`},
	{name: "half a byte order mark", body: "\xef\xbb", end: "the stream ended at byte 2, before the array began: unexpected EOF"},
	{name: "escaped keys", body: `[{"\u0064etections":[{}],"continuation\u0054ime":"T"}`, want: []string{"batch continue=T {}"}, end: "EOF"},
	{name: "repeated keys", body: `[{"detections":[{"a":1}],"continuationTime":"T","detections":[{"b":2}],"continuationTime":"U"}`, want: []string{`batch continue=U {"a":1} {"b":2}`}, end: "EOF"},

	{
		name: "cut at the most", limits: stream.Limits{MaxCount: 2}, body: `[{"continuationTime":"T","detections":[{"a":1},{"a":2},{"a":3},{"a":4}]}`,
		want: []string{`batch part continue=T {"a":1} {"a":2}`, `batch continue=T {"a":3} {"a":4}`}, end: "EOF",
	},
	{name: "the most is no cut", limits: stream.Limits{MaxCount: 2}, body: `[{"detections":[{"a":1},{"a":2}],"continuationTime":"T"}`, want: []string{`batch continue=T {"a":1} {"a":2}`}, end: "EOF"},
	{
		name: "continuation time not known by then", limits: stream.Limits{MaxCount: 1}, body: `[{"detections":[{"a":1},{"a":2}],"continuationTime":"T"}`,
		want: []string{`batch part {"a":1}`, `batch continue=T {"a":2}`}, end: "EOF",
	},
	{
		name: "cut by bytes", limits: stream.Limits{MaxBytes: 14}, body: `[{"detections":[{"a":1},{"a":2},{"a":3},{"abcdefghijkl":4},{"a":5}]}`,
		want: []string{`batch part {"a":1} {"a":2}`, `batch part {"a":3}`, `batch part {"abcdefghijkl":4}`, `batch {"a":5}`}, end: "EOF",
	},
	{
		name: "piece before a cut", limits: stream.Limits{MaxCount: 1}, body: `[{"detections":[{"a":1},{"a":2},{"a":3}`,
		want: []string{`batch part {"a":1}`, `batch part {"a":2}`}, end: "the stream ended at byte 39, inside an element: unexpected EOF",
	},

	{name: "nothing", body: "", end: "the stream ended at byte 0, before the array began: unexpected EOF"},
	{name: "cut in a batch", body: `[{"heartbeat":true},{"continuationTime":"T","detections":[{"a":1}`, want: []string{"heartbeat"}, end: "the stream ended at byte 65, inside an element: unexpected EOF"},
	{name: "html", body: "<!doctype html><html>", end: `decoding the stream at byte 0: the body begins with "<!doctype html><html>", want a JSON array of elements`},
	{name: "one object", body: `{"detections":[{"id":1}],"nextPageStartTime":"T"}`, want: []string{`batch page=T {"id":1}`}, end: "EOF"},
	{name: "objects", body: "{\"heartbeat\":true}\n{\"detections\":[{}]},{}", want: []string{"heartbeat", "batch {}", "empty"}, end: "EOF"},
	{name: "an error object", body: `{"error":"x"}`, want: []string{"failure the server sent an error: x"}, end: "EOF"},
	{name: "one object that is cut", body: `{"detections":[{"id":1}]`, end: "the stream ended at byte 24, inside an element: unexpected EOF"},
	{name: "one object with half an array around it", body: `{}]`, want: []string{"empty"}, end: `decoding the stream at byte 2: "]" between elements, want an object`},
	{name: "text", body: `"ok"`, end: `decoding the stream at byte 0: the body begins with "\"ok\"", want a JSON array of elements`},
	{name: "behind the end", body: `[{}] {"a":1}`, want: []string{"empty"}, end: `decoding the stream at byte 5: "{\"a\":1}" behind the array's closing bracket, want nothing`},
	{name: "element that is a number", body: `[{},42]`, want: []string{"empty"}, end: `decoding the stream at byte 4: "42]" between elements, want an object`},
	{name: "two commas", body: `[{},,{}]`, want: []string{"empty"}, end: `decoding the stream at byte 4: ",{}]" between elements, want an object`},
	{name: "detections of the wrong type", body: `[{"detections":"none"}]`, end: `decoding the stream at byte 15: detections is "\"none\"", want an array`},
	{name: "detection of the wrong type", body: `[{"detections":[{},"x"]}]`, end: `decoding the stream at byte 19: a detection that begins with '"', want an object`},
	{name: "continuation time of the wrong type", body: `[{"continuationTime":17}]`, end: `decoding the stream at byte 21: continuationTime is "17", want a string`},
	{name: "heartbeat of the wrong type", body: `[{"heartbeat":"yes"}]`, end: `decoding the stream at byte 14: heartbeat is "\"yes\"", want true`},
	{name: "bad literal", body: `[{"detections":[{"a":nul}]}]`, end: `decoding the stream at byte 21: unexpected "nul}", want null`},
	{name: "bad number", body: `[{"detections":[{"a":01}]}]`, end: `decoding the stream at byte 22: unexpected '1', want a comma or a closing bracket`},
	{name: "bad escape", body: `[{"detections":[{"a":"\x"}]}]`, end: `decoding the stream at byte 22: unexpected 'x' after a backslash, want an escape sequence`},
	{name: "NUL in a string", body: "[{\"detections\":[{\"a\":\"x\x00\"}]}]", end: `decoding the stream at byte 23: unexpected control character 0x00 inside a string`},
	{name: "NUL between elements", body: "[{}\x00]", want: []string{"empty"}, end: `decoding the stream at byte 3: "\x00]" between elements, want an object`},
	{name: "mismatched brackets", body: `[{"detections":[{"a":[1}]}]`, end: `decoding the stream at byte 23: unexpected '}', want a comma or a closing bracket`},
	{name: "comma behind the last detection", body: `[{"detections":[{"id":1}, ],"continuationTime":"T"}]`, want: []string{`batch continue=T {"id":1}`}, end: "EOF"},
	{name: "comma behind the last member", body: `[{"detections":[{"id":1}],"continuationTime":"T",},{"heartbeat":true,}]`, want: []string{`batch continue=T {"id":1}`, "heartbeat"}, end: "EOF"},
	{name: "comma behind nothing", body: `[{"detections":[,]}]`, end: `decoding the stream at byte 16: unexpected ',', want a comma, a detection or ']'`},
	{name: "two commas behind the last detection", body: `[{"detections":[{},,]}]`, end: `decoding the stream at byte 19: unexpected ',', want a comma, a detection or ']'`},
	{name: "comma inside a detection", body: `[{"detections":[{"a":1,}]}]`, end: `decoding the stream at byte 23: unexpected '}', want a key in quotes`},
	{name: "comma too few", body: `[{"heartbeat":true "a":1}]`, end: `decoding the stream at byte 19: unexpected '"', want a comma, a key or '}'`},
	{name: "no colon", body: `[{"heartbeat" true}]`, end: `decoding the stream at byte 14: unexpected 't', want a colon after the key "heartbeat"`},
}

func TestDecoder(t *testing.T) {
	for _, test := range streams {
		t.Run(test.name, func(t *testing.T) {
			got := decode(strings.NewReader(test.body), test.limits)
			require.Equal(t, test.want, got.pieces)
			require.Equal(t, test.end, got.err)
		})
	}
}

// However a stream is cut into reads, the answer is the same. Only what an
// error quotes may differ, since it quotes no more than has come.
func TestDecoderAnyChunking(t *testing.T) {
	for _, test := range streams {
		t.Run(test.name, func(t *testing.T) {
			whole := decode(strings.NewReader(test.body), test.limits)
			for _, slow := range []io.Reader{
				iotest.OneByteReader(strings.NewReader(test.body)),
				iotest.DataErrReader(strings.NewReader(test.body)),
				iotest.HalfReader(strings.NewReader(test.body)),
			} {
				got := decode(slow, test.limits)
				require.Equal(t, whole.pieces, got.pieces)
				require.Equal(t, whole.fields, got.fields)
				require.Equal(t, place(whole.err), place(got.err))
			}
		})
	}
}

// place is an error's text up to what it says about the place's contents.
func place(text string) string {
	at, _, _ := strings.Cut(text, ": ")
	return at
}

// A piece is returned when its last byte is in, though nothing follows it.
func TestDecoderHandsOnAtOnce(t *testing.T) {
	r, w := io.Pipe()
	decoder := stream.NewDecoder(from(r), stream.Limits{MaxCount: 2})
	for _, step := range []struct{ sent, want string }{
		{`[{"continuationTime":"T","detections":[{"a":1},{"a":2}]}`, `batch continue=T {"a":1} {"a":2}`},
		{"\r\n,{\"heartbeat\":true}", "heartbeat"},
		{`,{"detections":[{"a":1},{"a":2},{`, `batch part {"a":1} {"a":2}`},
		{`"a":3}]}`, `batch {"a":3}`},
	} {
		go func() {
			_, err := io.WriteString(w, step.sent)
			if err != nil {
				w.CloseWithError(err)
			}
		}()
		piece, err := decoder.Next()
		require.NoError(t, err)
		require.Equal(t, step.want, describe(piece))
	}
}

func TestDecoderKeepsTheReadersError(t *testing.T) {
	reset := errors.New("connection reset by peer")
	decoder := stream.NewDecoder(from(io.MultiReader(strings.NewReader(`[{"detections":[{`), iotest.ErrReader(reset))), stream.Limits{})
	for range 2 {
		_, err := decoder.Next()
		require.ErrorIs(t, err, reset)
	}
}

func TestDecoderTellsACutFromAnEnd(t *testing.T) {
	for body, want := range map[string]error{`[{}`: io.EOF, `[{}]`: io.EOF, `[{`: io.ErrUnexpectedEOF, ``: io.ErrUnexpectedEOF} {
		decoder := stream.NewDecoder(from(strings.NewReader(body)), stream.Limits{})
		var err error
		for err == nil {
			_, err = decoder.Next()
		}
		require.ErrorIs(t, err, want, body)
	}
}

// What was handed out stays as it was while the decoder reads on.
func TestDecoderNeverWritesToWhatItReturned(t *testing.T) {
	body := backlog(3, 300, 4000)
	decoder := stream.NewDecoder(from(strings.NewReader(string(body))), stream.Limits{MaxCount: 7})
	var kept []stream.Detection
	for {
		piece, err := decoder.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		kept = append(kept, piece.Detections...)
	}
	require.Len(t, kept, 900)
	for i, d := range kept {
		require.Equal(t, detection(i, 4000), string(d.Raw))
		require.Equal(t, len(d.Raw), cap(d.Raw), "who appends to one must not reach the next")
	}
}

func TestDecoderLimitsValues(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`[{"detections":[{"a":"`), endlessly('x'))
	require.Contains(t, decode(endless, stream.Limits{}).err, "a value of more than 33554432 bytes")
	endless = io.MultiReader(strings.NewReader(`[{"quota":`), endlessly('7'))
	require.Contains(t, decode(endless, stream.Limits{}).err, "a value of more than 1048576 bytes")
	deep := io.MultiReader(strings.NewReader(`[{"detections":[{"a":`), endlessly('['))
	require.Contains(t, decode(deep, stream.Limits{}).err, "nested more than 10000 levels deep")
}

type endlessly byte

func (e endlessly) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestDetectionFields(t *testing.T) {
	for _, test := range []struct {
		name string
		raw  string
		want stream.Fields
	}{
		{
			"rule detection",
			`{"type":"RULE_DETECTION","detection":[{"ruleName":"r","ruleId":"ru_1","ruleLabels":[{"key":"author","value":"x"},{"value":"high","key":"SEVERITY"}]}],"id":"de_1","detectionTime":"2026-03-01T10:30:00Z","collectionElements":[{"id":"no","severity":"no"}]}`,
			stream.Fields{ID: "de_1", Type: "RULE_DETECTION", Time: "2026-03-01T10:30:00Z", RuleID: "ru_1", RuleName: "r", Severity: "HIGH"},
		},
		{
			"curated detection",
			`{"id":"de_2","type":"GCTI_FINDING","detection":[{"severity":"critical","ruleLabels":[{"key":"severity","value":"low"}],"ruleName":"n\u00e9","ruleId":"ur_2"}]}`,
			stream.Fields{ID: "de_2", Type: "GCTI_FINDING", RuleID: "ur_2", RuleName: "né", Severity: "CRITICAL"},
		},
		{
			"spread out", "{ \"id\" : \"de_3\" , \"detection\" : [ { \"ruleLabels\" : [ ] , \"ruleId\" : \"ru_3\" } , { \"ruleId\" : \"no\" } ] }",
			stream.Fields{ID: "de_3", RuleID: "ru_3"},
		},
		{
			"several severities", `{"detection":[{"ruleLabels":[{"key":"severity","value":""},{"key":"severity","value":7},{"key":"Severity","value":"low"},{"key":"severity","value":"high"}]}]}`,
			stream.Fields{Severity: "LOW"},
		},
		{"severity of a later rule", `{"detection":[{"ruleId":"ru_5","ruleLabels":[{"key":"a","value":"b"}]},{"ruleLabels":[{"key":"severity","value":"low"}]},{"severity":"high"}]}`, stream.Fields{RuleID: "ru_5", Severity: "LOW"}},
		{"severity before a label of it", `{"detection":[{},7,{"ruleLabels":[{"key":"severity","value":"low"}],"severity":"medium"}]}`, stream.Fields{Severity: "MEDIUM"}},
		{"no severity in any rule", `{"detection":[{"ruleId":"ru_6"},{"ruleId":"ru_7"}]}`, stream.Fields{RuleID: "ru_6"}},
		{"rules twice", `{"detection":[{},{"severity":"high"}],"detection":[{"ruleId":"ru_8"}]}`, stream.Fields{RuleID: "ru_8"}},
		{"escaped keys", `{"\u0069d":"de_4","\\u0069d":"no","i\u0064x":"no","typ\u0065":"T"}`, stream.Fields{ID: "de_4", Type: "T"}},
		{"wrong types", `{"id":1,"type":null,"detection":{"ruleId":"x"},"detectionTime":[]}`, stream.Fields{}},
		{"wrong types inside", `{"detection":[{"ruleId":[],"ruleLabels":[1,{"key":"severity"},"x"],"severity":{}}]}`, stream.Fields{}},
		{"empty", `{}`, stream.Fields{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			decoder := stream.NewDecoder(from(strings.NewReader(`[{"detections":[`+test.raw+`]}`)), stream.Limits{})
			piece, err := decoder.Next()
			require.NoError(t, err)
			require.Len(t, piece.Detections, 1)
			require.Equal(t, test.raw, string(piece.Detections[0].Raw))
			require.Equal(t, fields(test.want), fields(new(stream.FieldReader).Read(&piece.Detections[0])))
		})
	}
}

// A reader remembers what it has read. That must not show.
func TestFieldReaderForgetsWhereItMust(t *testing.T) {
	const labels = `[{"key":"severity","value":"low"}]`
	padding := `{"key":"description","value":"` + strings.Repeat("x", 100) + `"}`
	var reader stream.FieldReader
	for _, test := range []struct{ rule, want string }{
		{`{"ruleLabels":"high"}`, ""},
		{`{"severity":"high"}`, "HIGH"},
		{`{"ruleName":"high"}`, ""},
		{`{"severity":` + labels + `}`, ""},
		{`{"ruleLabels":` + labels + `}`, "LOW"},
		{`{"severity":` + labels + `}`, ""},
		{`{"ruleLabels":[` + padding + `,{"key":"severity","value":"low"}]}`, "LOW"},
		{`{"ruleLabels":[` + padding + `,{"key":"severity","value":"high"}]}`, "HIGH"},
	} {
		raw := `{"type":"high","detection":[` + test.rule + `]}`
		piece, err := stream.NewDecoder(from(strings.NewReader(`[{"detections":[`+raw+`]}`)), stream.Limits{}).Next()
		require.NoError(t, err)
		fields := reader.Read(&piece.Detections[0])
		require.Equal(t, test.want, fields.Severity, raw)
		require.Equal(t, "high", fields.Type)
	}
}
