package chronicletest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// federated is a parsed workload-identity document.
type federated struct {
	Type             string `json:"type"`
	Audience         string `json:"audience"`
	SubjectTokenType string `json:"subject_token_type"`
	TokenURL         string `json:"token_url"`
	ImpersonationURL string `json:"service_account_impersonation_url"`
	Source           struct {
		File    string            `json:"file"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	} `json:"credential_source"`
}

func parseFederated(t *testing.T, document []byte) (f federated) {
	t.Helper()
	if err := json.Unmarshal(document, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// ask sends a request and returns the answer's status and JSON object.
func (c *client) ask(r *http.Request) (int, map[string]any) {
	c.t.Helper()
	resp := c.do(r)
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func (c *client) post(target, contentType, authorization, body string) (int, map[string]any) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", authorization)
	return c.ask(r)
}

// The token exchange takes the subject token of the moment, for its audience, and
// nothing else.
func TestTokenExchange(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		file := filepath.Join(t.TempDir(), "subject")
		f := parseFederated(t, c.server.FederatedCredentialsJSON(chronicletest.Federation{TokenFile: file}))
		if f.Type != "external_account" || f.Source.File != file || f.ImpersonationURL != "" {
			t.Errorf("got %+v", f)
		}
		subject := func() string {
			if err := c.server.WriteSubjectToken(file); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimSpace(string(text))
		}
		good := func() url.Values {
			return url.Values{
				"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
				"audience":           {f.Audience},
				"subject_token_type": {f.SubjectTokenType},
				"subject_token":      {subject()},
				"scope":              {streamScope},
			}
		}
		exchange := func(form url.Values) (int, map[string]any) {
			return c.post(f.TokenURL, "application/x-www-form-urlencoded", "", form.Encode())
		}
		for field, want := range map[string]string{
			"grant_type": "unsupported_grant_type", "audience": "invalid_target", "subject_token_type": "invalid_request",
			"subject_token": "invalid_grant", "scope": "invalid_scope",
		} {
			form := good()
			form.Del(field)
			if status, answer := exchange(form); status != 400 || answer["error"] != want {
				t.Errorf("without %s: got %d %v", field, status, answer)
			}
		}
		stale := good()
		c.server.RenewSubjectToken()
		if status, answer := exchange(stale); status != 400 || answer["error"] != "invalid_grant" {
			t.Errorf("with a stale token: got %d %v", status, answer)
		}
		status, answer := exchange(good())
		if status != 200 || answer["token_type"] != "Bearer" {
			t.Fatalf("got %d %v", status, answer)
		}
		r := c.request(t.Context(), "")
		r.Header.Set("Authorization", "Bearer "+answer["access_token"].(string))
		resp := c.do(r)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("the stream: got %d", resp.StatusCode)
		}
	})
}

// Impersonating wants a token that is good for it, and names the scopes.
func TestImpersonation(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		f := parseFederated(t, c.server.FederatedCredentialsJSON(chronicletest.Federation{Impersonate: true}))
		const cloud = "https://www.googleapis.com/auth/cloud-platform"
		good, other := "Bearer "+c.server.AccessToken(cloud), "Bearer "+c.server.AccessToken(streamScope)
		scopes := `{"scope":["` + streamScope + `"]}`
		for _, test := range []struct {
			authorization, body string
			status              int
		}{{"", scopes, 401}, {other, scopes, 403}, {good, `{}`, 400}, {good, `scope`, 400}, {good, scopes, 200}} {
			status, answer := c.post(f.ImpersonationURL, "application/json", test.authorization, test.body)
			if status != test.status {
				t.Errorf("%s: got %d %v, want %d", test.body, status, answer, test.status)
			}
			if token, ok := answer["accessToken"].(string); ok != (status == 200) || ok && !strings.HasPrefix(token, "ya29.") {
				t.Errorf("got %v", answer)
			}
		}
	})
}

// The source of subject tokens and the metadata server answer only who asks as
// their clients do.
func TestSourcesWantTheirHeaders(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		f := parseFederated(t, c.server.FederatedCredentialsJSON(chronicletest.Federation{}))
		for target, headers := range map[string]map[string]string{
			f.Source.URL: f.Source.Headers,
			"http://" + c.server.MetadataHost() + "/computeMetadata/v1/instance/service-accounts/default/token?scopes=" + streamScope: {"Metadata-Flavor": "Google"},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp := c.do(r)
			resp.Body.Close()
			if resp.StatusCode < 400 {
				t.Errorf("%s: got %d", target, resp.StatusCode)
			}
			for name, value := range headers {
				r.Header.Set(name, value)
			}
			if status, answer := c.ask(r); status != 200 || answer["access_token"] == nil && answer["id_token"] == nil {
				t.Errorf("%s: got %d %v", target, status, answer)
			}
		}
		synctest.Wait()
	})
}
