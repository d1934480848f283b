package chronicletest_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestInstance(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.chronicle().open("")
		other := *c
		other.path = "/v1alpha/projects/p/locations/us/instances/i/legacy:legacyStreamDetectionAlerts"
		text := other.refused(other.request(t.Context(), ""), 403)
		if !strings.Contains(text, "PERMISSION_DENIED") || !strings.Contains(text, permission) || !strings.Contains(text, "locations/us") {
			t.Errorf("got %s", text)
		}
		c.open("") // Backstory knows no instances
	}, chronicletest.WithInstance(instance))
}

// A service account may sign for either API, or for both at once.
func TestScopes(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		for scope, good := range map[string][]*client{
			streamScope:                        {c},
			chronicleScope:                     {c.chronicle()},
			streamScope + " " + chronicleScope: {c, c.chronicle()},
		} {
			a := parseAccount(t, c.server.CredentialsJSON()).good()
			a.claims["scope"] = scope
			_, answer := c.exchange(grantForm(a.sign(t)))
			for _, side := range []*client{c, c.chronicle()} {
				r := side.request(t.Context(), "")
				r.Header.Set("Authorization", "Bearer "+answer["access_token"].(string))
				want := 403
				for _, g := range good {
					if g.path == side.path {
						want = 200
					}
				}
				resp := side.do(r)
				resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("%s with %q: %s, want %d", side.path, scope, resp.Status, want)
				}
			}
		}
	})
}

func TestStreamsOfBothAPIsCountTogether(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		first := c.open("")
		c.chronicle().open("")
		c.refused(c.request(t.Context(), ""), 429)
		c.refused(c.chronicle().request(t.Context(), ""), 429)
		first.close()
		synctest.Wait()
		c.chronicle().open("")
	}, chronicletest.WithMaxStreams(2))
}
