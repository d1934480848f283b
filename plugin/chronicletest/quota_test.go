package chronicletest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestQuotaProject(t *testing.T) {
	for _, test := range []struct {
		name             string
		wanted, given    string
		reason, consumer string // of the refusal, "" for none
		message          string // a part of it
	}{
		{name: "none wanted"},
		{name: "none wanted, one given", given: "billing-project"},
		{name: "the one wanted", wanted: "billing-project", given: "billing-project"},
		{
			name: "none given", wanted: "billing-project",
			reason: "SERVICE_DISABLED", consumer: "projects/764086051850", message: "requires a quota project",
		},
		{
			name: "another one", wanted: "billing-project", given: "other-project",
			reason: "USER_PROJECT_DENIED", consumer: "projects/other-project", message: "to use project other-project.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				r := c.chronicle().request(t.Context(), "")
				if test.given != "" {
					r.Header.Set("x-goog-user-project", test.given)
				}
				if test.reason == "" {
					resp := c.do(r)
					resp.Body.Close()
					if resp.StatusCode != 200 {
						t.Errorf("got %s", resp.Status)
					}
				} else {
					var got struct {
						Error struct {
							Message, Status string
							Details         []struct {
								Reason, Domain string
								Metadata       map[string]string
							}
						}
					}
					text := c.refused(r, 403)
					if err := json.Unmarshal([]byte(text), &got); err != nil {
						t.Fatal(err)
					}
					want := fmt.Sprintf("[{%s googleapis.com map[consumer:%s service:chronicle.googleapis.com]}]", test.reason, test.consumer)
					if got.Error.Status != "PERMISSION_DENIED" || !strings.Contains(got.Error.Message, test.message) || fmt.Sprint(got.Error.Details) != want {
						t.Errorf("got %s", text)
					}
				}
				if got := c.server.Requests()[0].Header.Get("x-goog-user-project"); got != test.given {
					t.Errorf("recorded %q", got)
				}
				c.open("") // Backstory has no such wish
			}, chronicletest.WithQuotaProject(test.wanted))
		})
	}
}
