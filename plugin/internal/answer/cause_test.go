package answer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadCause(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       Cause
	}{
		{
			"VPC Service Controls", `{"error":{"code":403,"message":"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aB-3_x","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.PreconditionFailure","violations":[{"type":"VPC_SERVICE_CONTROLS","description":"aB-3_x"}]},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SECURITY_POLICY_VIOLATED","domain":"googleapis.com","metadata":{"service":"chronicle.googleapis.com","uid":"aB-3_x","consumer":"projects/7"}}]}}`,
			Cause{"SECURITY_POLICY_VIOLATED", map[string]string{"service": "chronicle.googleapis.com", "uid": "aB-3_x", "consumer": "projects/7"}, "aB-3_x"},
		},
		{"its message alone", `{"error":{"code":403,"message":"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aB-3_x."}}`, Cause{PolicyID: "aB-3_x"}},
		{"its violation alone", `{"error":{"code":403,"details":[{"violations":[{"type":"OTHER","description":"no"},{"type":"VPC_SERVICE_CONTROLS","description":"aB-3_x"}]}]}}`, Cause{PolicyID: "aB-3_x"}},
		{"its metadata alone", `{"error":{"code":403,"details":[{"reason":"SECURITY_POLICY_VIOLATED","metadata":{"uid":"aB-3_x"}}]}}`, Cause{"SECURITY_POLICY_VIOLATED", map[string]string{"uid": "aB-3_x"}, "aB-3_x"}},
		{"an identifier that is none", `{"error":{"code":403,"details":[{"violations":[{"type":"VPC_SERVICE_CONTROLS","description":"<a href=x>"}]}]}}`, Cause{}},
		{"numbers", `{"error":{"code":429,"details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"Streams","quota_limit_value":0,"odd":{},"none":null,"list":[]}}]}}`, Cause{Reason: "RATE_LIMIT_EXCEEDED", Metadata: map[string]string{"quota_limit": "Streams", "quota_limit_value": "0"}}},
		{"a quota's violation", `{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"subject":"p","description":"d","quotaMetric":"chronicle.googleapis.com/streams","quotaId":"Streams","quotaValue":"0"},{"quotaId":"Other"}]}]}}`, Cause{Metadata: map[string]string{"quota_metric": "chronicle.googleapis.com/streams", "quota_limit": "Streams", "quota_limit_value": "0"}}},
		{"a quota told twice", `{"error":{"code":429,"details":[{"violations":[{"quotaId":"Other","quotaValue":"7"}]},{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"Streams"}}]}}`, Cause{Reason: "RATE_LIMIT_EXCEEDED", Metadata: map[string]string{"quota_limit": "Streams"}}},
		{"odd shapes", `{"error":{"code":429,"details":[{"reason":"X","metadata":["y"],"violations":{}},{"reason":7}]}}`, Cause{Reason: "X"}},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, ReadErrorObject([]byte(test.body)).Cause) })
	}
}

// A page is told from an answer of an API, and no more of it is shown than what
// people read first.
func TestPages(t *testing.T) {
	for body, want := range map[string]string{
		"<!DOCTYPE html><html lang=en><head><style>b{}</style><title>Error 403\n (Forbidden)!!1</title></head><p>That’s all we know.": "Error 403 (Forbidden)!!1",
		" <html><script>let secret = 1</script><body>Please <b>sign in</b> &amp; try again":                                           "Please sign in & try again",
		"<html><head><title></title><script>secret":                                                                                   "",
		"Access denied by policy": "Access denied by policy",
	} {
		require.True(t, IsForeign([]byte(body)), body)
		require.Equal(t, want, Words([]byte(body)))
	}
	for _, body := range []string{"", " ", "{}", `{"error":"x"}`, "[]"} {
		require.False(t, IsForeign([]byte(body)), body)
	}
}
