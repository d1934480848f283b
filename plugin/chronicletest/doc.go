// Package chronicletest is a stand-in for Google Chronicle's streaming APIs, in
// the manner of net/http/httptest: a real HTTP server on a loopback port, or on
// an in-memory network inside testing/synctest, with a history that the caller
// appends to, faults that the caller scripts, and a list of the requests that it
// got. It knows nothing of what it is used to test.
//
//	server := chronicletest.NewServer()
//	defer server.Close()
//	err := server.WriteCredentials(path)      // a service account, for the client
//	server.Append(chronicletest.NewGenerator(1).Detections(100, 4000)...)
//
// A client is pointed at server.URL and given the credentials. Nothing else in
// it has to change: it signs its assertion, exchanges it for a token at the
// server's token endpoint, and opens the stream as it would at Google's.
//
// # What it imitates
//
// The Backstory API v2, POST /v2/detect/rules:streamDetectionAlerts:
//
//   - The request: JSON, or a form as in Google's sample, with continuationTime,
//     include_simulated_detections and detectionBatchSize. Whatever else is in it,
//     a value of a wrong type, and a continuation time in the future or older
//     than the retention are refused with 400 and a message that names the field.
//   - The answer: status 200 and headers at once, chunked; a JSON array that
//     doesn't end, with CR and LF between elements; detections byte for byte as
//     they were appended; a heartbeat after each 15 s of silence, the first one
//     15 s after the headers.
//   - Positions: without a continuation time a stream has what is appended after
//     the request. With one it has every batch after that time, in order, and
//     then what is appended. Every part of a batch that is served in parts can
//     be resumed from. A position is in the batch that it comes after, or by
//     option in an element ahead of that: [WithPositionsAhead].
//   - Refusals as Google words them: 400, 401, 403 for a token of another scope,
//     404, 405, and 429 for the eleventh stream. Scripted ones may have details,
//     see [RetryInfo] and [ErrorInfo], and so may errors within a stream, which
//     are of any code: see [Refusal.JSON].
//
// The Chronicle API v1alpha, POST
// /v1alpha/projects/P/locations/L/instances/I/legacy:legacyStreamDetectionAlerts,
// beside it: the same history, script and limit of streams serve both, the
// refusals are as strict, and detections are the same bytes. Its own are:
//
//   - The request: pageToken, pageStartTime, continuationTime,
//     detectionBatchSize, maxDetections and compositeAlertHandling. A token
//     outranks a start time, and that a continuation time. Sizes that are too
//     large are coerced; after maxDetections, the last batch cut to fit, the
//     stream ends in good order.
//   - Windows: a batch carries a nextPageToken while its window has more, and the
//     last one of a window, or of what there is at present, a nextPageStartTime.
//     See [WithWindow]. A token resumes right after the batch that carried it,
//     within the same window; a start time begins the next one.
//   - What else was seen of positions, by option: [WithBothPositions],
//     [WithHeartbeatPositions], [WithContinuationTimes].
//   - Tokens that are refused with 400: those that the server didn't issue, the
//     empty one among them, those of positions older than the retention, and
//     those before [Server.ExpireTokens].
//   - The scope cloud-platform. A token without it, and an instance other than
//     that of [WithInstance], are refused with 403 and the permission's name.
//   - A quota project that has to be named, by option: [WithQuotaProject].
//
// The searches of both APIs, by creation time: GET /v2/detect/rules/-/detections and
// /v2/detect/curatedRules/-/detections, and of an instance
// legacy:legacySearchDetections, legacy:legacySearchCuratedDetections and
// curatedRules. They have the same history, newest first, in pages of up to 1,000
// with tokens that ExpireTokens ends; "-" finds nothing among curated rules of the
// Chronicle API, which is asked one at a time. A detection counts as created at its
// position, see [WithCreationSkew]. By option: [WithSearchQuota], [WithSearchBytes],
// [WithoutSearchPermission]. [Server.ScriptSearch] makes single ones go wrong,
// [Server.ControlSearch] those that a function chooses: spans that are too long for
// a server, a curated rule that is refused, every second request. [Server.Searches] are
// the requests.
//
// The token endpoint, POST /token: an assertion as service accounts sign it
// (RFC 7523) is held against key id, signature, issuer, audience, scope and
// times, and errors look like Google's. Keys can be rotated and tokens revoked
// and expired.
//
// Other ways to a token lead to the same account: workload identity federation
// with a subject token from a file or a URL, RFC 8693, and impersonation, by
// [Server.FederatedCredentialsJSON] and [Server.ImpersonatedCredentialsJSON]; and
// the metadata server of Google's machines, by [Server.MetadataHost].
//
// [Server.Script] makes single requests go wrong at an exact byte: refused,
// broken off, ended, stalled, failed, slowed down, or answered with bytes of the
// test's own: lists with trailing commas, one object instead of the array, a
// compressed body. [Server.Control] does so by what a request says: a function of
// the test's own sees each one first, and answers it, names the step that it is
// to have, or lets it pass. [Server.ControlToken] is the same for tokens.
//
// # Time
//
// The server knows no clock but package time's, so inside testing/synctest hours
// of heartbeats and back-off pass at once. A bubble can't see sockets: there the
// server is put on a [Network], and the client dials through it.
//
//	synctest.Test(t, func(t *testing.T) {
//		network := chronicletest.NewNetwork()
//		server := chronicletest.NewServer(chronicletest.WithNetwork(network))
//		defer server.Close()
//		transport := &http.Transport{DialContext: network.DialContext}
//		defer transport.CloseIdleConnections()
//		...
//		time.Sleep(time.Hour) // 240 heartbeats
//	})
//
// # What it doesn't imitate
//
//   - Everything else of the Chronicle API: other methods, snake case in field
//     names, and which locations there are.
//   - How Google cuts windows, which is not known. Here they go by batches, so
//     while a stream follows what is appended each batch tends to be a window.
//   - Page tokens that expire by themselves, but with the retention.
//   - TLS and HTTP/2: it speaks HTTP/1.1 in the clear.
//   - Compression: whatever a request accepts, the history comes as it is.
//   - Lax JSON. What it makes itself is strict, and what a test gives it to send
//     may be anything.
//   - Identities: whoever has the subject token may be the service account, and
//     so may the service account itself. A subject token is not looked into, and
//     there are no delegation chains or identity tokens. A quota project is only
//     a name to be given: nothing is charged to it, and no credentials document
//     of the server's has one.
//   - Searches by detection time, by revisions of rules, or of what does not alert.
//   - Rules. Detections are not looked at, and need not even be JSON. No
//     detection counts as simulated, or as part of a composite alert: those
//     fields are checked and change nothing.
//   - Replays and disorder of the service's own making. It sends again only what
//     a client asks for again, in the order of appending.
//   - Time passing in the history. Nothing is ever dropped from it; the retention
//     only limits where a stream may begin.
//   - Slowness. A first batch from far back comes at once, not after a minute,
//     and there are no quotas but the number of streams.
//   - The exact wording of errors, the order of checks where a request is wrong
//     in two ways, and Google's white space: it writes a separator before an
//     element, not after one.
//   - The network. A [Network] has no latency and loses nothing.
package chronicletest
