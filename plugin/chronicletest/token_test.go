package chronicletest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const (
	streamScope = "https://www.googleapis.com/auth/chronicle-backstory"
	jwtBearer   = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// exchange sends a form to the token endpoint.
func (c *client) exchange(form url.Values) (int, map[string]any) {
	c.t.Helper()
	resp, err := c.http.PostForm(c.server.URL+"/token", form)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func grantForm(signed string) url.Values {
	return url.Values{"grant_type": {jwtBearer}, "assertion": {signed}}
}

func TestTokenIsGoodForAStream(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		a := parseAccount(t, c.server.CredentialsJSON())
		if a.Type != "service_account" || a.TokenURI != c.server.URL+"/token" {
			t.Errorf("got %+v", a)
		}
		status, answer := c.exchange(grantForm(a.good().sign(t)))
		if status != 200 || answer["token_type"] != "Bearer" || answer["expires_in"] != 90.0 {
			t.Fatalf("got %d %v", status, answer)
		}
		use := func() *http.Request {
			r := c.request(t.Context(), "")
			r.Header.Set("Authorization", "bearer "+answer["access_token"].(string))
			return r
		}
		time.Sleep(90*time.Second - 1)
		resp := c.do(use())
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("got %s", resp.Status)
		}
		time.Sleep(time.Nanosecond)
		c.refused(use(), 401)
		if n := c.server.TokenRequests(); n != 1 {
			t.Errorf("%d token requests", n)
		}
	}, chronicletest.WithTokenLifetime(90*time.Second))
}

func TestMalformedTokenRequests(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		good := parseAccount(t, c.server.CredentialsJSON()).good().sign(t)
		parts := strings.Split(good, ".")
		for _, test := range []struct {
			form url.Values
			want string
		}{
			{url.Values{}, "unsupported_grant_type"},
			{url.Values{"grant_type": {"refresh_token"}}, "unsupported_grant_type"},
			{grantForm(""), "invalid_grant"},
			{grantForm("a.b"), "invalid_grant"},
			{grantForm("!." + parts[1] + "." + parts[2]), "invalid_grant"},
			{grantForm(parts[0] + ".!." + parts[2]), "invalid_grant"},
			{grantForm(parts[0] + "." + parts[1] + ".!"), "invalid_grant"},
			{grantForm(parts[0] + "." + parts[1] + "."), "invalid_grant"},
			{grantForm(parts[1] + "." + parts[1] + "." + parts[2]), "invalid_grant"},
		} {
			if status, answer := c.exchange(test.form); status != 400 || answer["error"] != test.want {
				t.Errorf("%v: got %d %v", test.form, status, answer)
			}
		}
		resp, err := c.http.Get(c.server.URL + "/token")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 405 {
			t.Errorf("got %s", resp.Status)
		}
		if n := c.server.TokenRequests(); n != 10 {
			t.Errorf("%d token requests", n)
		}
	})
}

func TestRotation(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		before := parseAccount(t, c.server.CredentialsJSON())
		c.server.RotateKey()
		after := parseAccount(t, c.server.CredentialsJSON())
		if status, answer := c.exchange(grantForm(before.good().sign(t))); status != 400 || answer["error"] != "invalid_grant" {
			t.Errorf("old key: %d %v", status, answer)
		}
		if status, answer := c.exchange(grantForm(after.good().sign(t))); status != 200 {
			t.Errorf("new key: %d %v", status, answer)
		}
	})
}

func TestTokenScript(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.ScriptToken(
			chronicletest.TokenStep{Status: 503},
			chronicletest.TokenStep{Status: 400},
			chronicletest.TokenStep{Status: 500, Body: []byte(`{"x":1}`)},
			chronicletest.TokenStep{Body: []byte(`{"access_token":"forged"}`)},
			chronicletest.TokenStep{},
		)
		good := grantForm(parseAccount(t, c.server.CredentialsJSON()).good().sign(t))
		for _, want := range []struct {
			status     int
			key, value string
		}{
			{503, "error", "internal_failure"},
			{400, "error", "invalid_grant"},
			{500, "x", ""},
			{200, "access_token", "forged"},
			{200, "token_type", "Bearer"},
			{200, "token_type", "Bearer"},
		} {
			status, answer := c.exchange(good)
			if status != want.status || answer[want.key] == nil || want.value != "" && answer[want.key] != want.value {
				t.Errorf("got %d %v, want %v", status, answer, want)
			}
		}

		c.server.ScriptToken(chronicletest.TokenStep{Stall: true})
		c.http.Timeout = time.Hour
		if resp, err := c.http.PostForm(c.server.URL+"/token", good); err == nil {
			resp.Body.Close()
			t.Errorf("a stalled request was answered with %s", resp.Status)
		}
		synctest.Wait()
		if status, _ := c.exchange(good); status != 200 {
			t.Errorf("after the stall: %d", status)
		}
	})
}

func TestWriteCredentials(t *testing.T) {
	c := loopback(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials.json")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := c.server.WriteCredentials(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != string(c.server.CredentialsJSON()) {
		t.Errorf("got %q, %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v", entries, err)
	}

	for _, bad := range []string{filepath.Join(dir, "none", "x"), dir} {
		if err := c.server.WriteCredentials(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v", entries, err)
	}
}

func TestAccessTokens(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		r := c.request(t.Context(), "")
		r.Header.Set("Authorization", "Bearer "+c.server.AccessToken(streamScope))
		resp := c.do(r)
		defer resp.Body.Close()
		if resp.StatusCode != 200 || c.server.TokenRequests() != 0 {
			text, _ := io.ReadAll(resp.Body)
			t.Errorf("got %s %s", resp.Status, text)
		}
	})
}
