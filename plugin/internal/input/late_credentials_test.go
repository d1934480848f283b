package input_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// withoutCredentials is a machine that has none but what its metadata server
// gives. It returns the home directory.
func withoutCredentials(t *testing.T) (home string) {
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("GCE_METADATA_HOST", "")
	return home
}

const metadataServer = "169.254.169.254:80"

// dialMetadata puts answer between the input and its metadata server.
func dialMetadata(r *rig.Rig, answer func(ctx context.Context, network string) (net.Conn, error)) {
	through := r.Dial
	r.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == metadataServer {
			return answer(ctx, network)
		}
		return through(ctx, network, addr)
	}
}

// absent is a metadata server that is not there.
func absent(context.Context, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}
}

// Without any source of credentials the input ends, as somebody has to put some
// somewhere. That something answers at the address of Google's metadata server
// does not make it one: other clouds have theirs there.
func TestNoCredentialsAnywhere(t *testing.T) {
	withoutCredentials(t)
	otherCloud := func(context.Context, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			_, _ = http.ReadRequest(bufio.NewReader(server))
			fmt.Fprint(server, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
			_ = server.Close()
		}()
		return client, nil
	}
	blackHole := func(ctx context.Context, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
	}
	for name, answer := range map[string]func(context.Context, string) (net.Conn, error){
		"unreachable": absent, "black hole": blackHole, "another cloud's": otherCloud,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				dialMetadata(r, answer)
				p := r.Start(rig.Settings{"credentials_json": ""})
				began := time.Now()
				err := p.Ends()
				require.ErrorContains(t, err, "finding credentials: neither credentials_json nor credentials_file is set, ~/.chronicle_credentials.json does not exist, and there are no Application Default Credentials: ")
				require.ErrorContains(t, err, "What to do: put the key that Google gave you into ~/.chronicle_credentials.json")
				require.LessOrEqual(t, time.Since(began), 3*time.Second)
			})
		})
	}
}

// With max_consecutive_failures: 0, that there are no credentials yet is a
// failure like any other: a metadata server is found whenever it comes.
func TestMetadataServerThatComesLate(t *testing.T) {
	withoutCredentials(t)
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 3, 1000)
		there := r.Dial
		begin := time.Now()
		dialMetadata(r, func(ctx context.Context, network string) (net.Conn, error) {
			if time.Since(begin) < time.Hour {
				return absent(ctx, network)
			}
			return there(ctx, network, metadataServer)
		})
		p := r.Start(rig.Settings{"start_time": "2h", "credentials_json": "", "max_consecutive_failures": 0})
		rig.Pass(59 * time.Minute)
		require.Contains(t, p.Logs.String(), "finding credentials: ")
		require.Equal(t, sent, p.DeliverAll(len(sent)))
	})
}

// A metadata server that answers late is waited for, and one that answers an
// error is asked again, however many failures are allowed.
func TestMetadataServerInTrouble(t *testing.T) {
	withoutCredentials(t)
	google := http.Header{"Metadata-Flavor": {"Google"}}
	for _, test := range []struct {
		name  string
		fault func(s *chronicletest.Server)
		log   string // "" = no failure
	}{
		{"late", func(s *chronicletest.Server) {
			s.ControlToken(func(http.ResponseWriter, *chronicletest.TokenCall) bool { <-time.After(4 * time.Second); return false })
		}, ""},
		{"error", func(s *chronicletest.Server) {
			s.ScriptToken(chronicletest.TokenStep{Status: 503}, chronicletest.TokenStep{Status: 404, Header: google})
		}, "fetching an access token with Application Default Credentials: the metadata server at 169.254.169.254 answered 404 Not Found"},
		{"page", func(s *chronicletest.Server) {
			s.ScriptToken(chronicletest.TokenStep{Header: google, Body: []byte("<title>Sign in</title>")})
		}, "the metadata server's answer has none: Sign in"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				sent, _ := r.History(1, 3, 1000)
				test.fault(r.Server)
				p := r.Start(rig.Settings{"start_time": "2h", "credentials_json": ""})
				require.Equal(t, sent, p.DeliverAll(len(sent)))
				if test.log == "" {
					require.NotContains(t, p.Logs.String(), "failure")
				}
				require.Contains(t, p.Logs.String(), test.log)
			})
		})
	}
}

// Some token endpoints write the seconds that a token is good for as a text, or
// with a fraction. Whatever the way to a token, it is used as long as that.
func TestSecondsOfATokenEndpoint(t *testing.T) {
	withoutCredentials(t)
	const user = `{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","token_uri":"%s/token"}`
	const workforce = `{"type":"external_account_authorized_user","audience":"a","client_id":"c","client_secret":"s","refresh_token":"r","token_url":"%s/token"}`
	for name, document := range map[string]func(r *rig.Rig) string{
		"service account": func(r *rig.Rig) string { return string(r.Server.CredentialsJSON()) },
		"user":            func(r *rig.Rig) string { return fmt.Sprintf(user, r.Server.URL) },
		"workforce":       func(r *rig.Rig) string { return fmt.Sprintf(workforce, r.Server.URL) },
		"federation": func(r *rig.Rig) string {
			file := filepath.Join(r.T.TempDir(), "subject-token")
			require.NoError(r.T, r.Server.WriteSubjectToken(file))
			return string(r.Server.FederatedCredentialsJSON(chronicletest.Federation{TokenFile: file}))
		},
		"metadata server": func(*rig.Rig) string { return "" },
	} {
		for _, seconds := range []string{`3600`, `"3600"`, `3600.0`, `"3600.0"`, `3600.9`, `3.6e3`, `" 3600 "`} {
			t.Run(name+" "+seconds, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.New(t)
					sent, _ := r.History(4, 3, 1000)
					r.Server.ControlToken(func(w http.ResponseWriter, _ *chronicletest.TokenCall) bool {
						w.Header().Set("Metadata-Flavor", "Google")
						w.Header().Set("Content-Type", "application/json")
						fmt.Fprintf(w, `{"access_token":%q,"issued_token_type":"t","token_type":"Bearer","expires_in":%s}`, r.Server.AccessToken(), seconds)
						return true
					})
					r.Server.Script(
						chronicletest.Step{AfterElements: 1, AfterBytes: 9, Then: chronicletest.Cut},
						chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall},
						chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall},
					)
					p := r.Start(rig.Settings{"start_time": "2h", "credentials_json": document(r), "idle_timeout": "59m40s"})
					got := p.DeliverAll(9)
					require.Equal(t, 1, r.Server.TokenRequests(), "no other is asked for before it expires")
					require.Equal(t, sent, append(got, p.DeliverAll(3)...))
					require.Equal(t, 2, r.Server.TokenRequests())
				})
			})
		}
	}
}

// A credentials file that was used and is gone is waited for: it does not make
// way for another source, such as the account of the machine.
func TestCredentialsFileThatWasUsed(t *testing.T) {
	home := withoutCredentials(t)
	for _, name := range []string{".chronicle_credentials.json", ".config/gcloud/application_default_credentials.json", "set.json"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				dialMetadata(r, func(ctx context.Context, network string) (net.Conn, error) {
					t.Error("another source was asked")
					return absent(ctx, network)
				})
				sent, _ := r.History(2, 3, 1000)
				file := filepath.Join(home, name)
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
				require.NoError(t, r.Server.WriteCredentials(file))
				set := rig.Settings{"start_time": "2h", "credentials_json": ""}
				if name == "set.json" {
					set["credentials_file"] = file
				}
				r.Server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
				p := r.Start(set)
				got := p.Deliver()
				require.NoError(t, os.Remove(file))
				rig.Pass(time.Minute)
				require.Contains(t, p.Logs.String(), "open "+file+": no such file or directory")
				require.NoError(t, r.Server.WriteCredentials(file))
				require.Equal(t, sent, append(got, p.Deliver()...))
				require.NoError(t, os.Remove(file))
			})
		})
	}
}

// buildError is why Benthos cannot make the input, which is not started.
func buildError(r *rig.Rig, set rig.Settings) (*rig.Process, error) {
	p, builder, err := r.Configure(set)
	require.NoError(r.T, err)
	res, _, err := builder.BuildSuspended()
	require.NoError(r.T, err)
	_, err = res.ConnectionTest(r.T.Context())
	return p, err
}

// A credentials_file that is not there is refused by the name of the field,
// unless nothing is given up: then it may come later.
func TestCredentialsFileThatComesLate(t *testing.T) {
	withoutCredentials(t)
	file := filepath.Join(t.TempDir(), "key.json")
	set := rig.Settings{"start_time": "2h", "credentials_json": "", "credentials_file": file}
	synctest.Test(t, func(t *testing.T) {
		_, err := buildError(rig.New(t), set)
		require.ErrorContains(t, err, "field credentials_file: reading the credentials file: open "+file+": no such file or directory")
	})
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 3, 1000)
		set["max_consecutive_failures"] = 0
		p := r.Start(set)
		rig.Pass(time.Hour)
		require.Contains(t, p.Logs.String(), "reading the credentials file: open "+file)
		require.NoError(t, r.Server.WriteCredentials(file))
		require.Equal(t, sent, p.DeliverAll(len(sent)))
	})
	set["max_consecutive_failures"] = 0
	require.NoError(t, os.WriteFile(file, []byte(`{"type":"something else"}`), 0o600))
	synctest.Test(t, func(t *testing.T) {
		_, err := buildError(rig.New(t), set)
		require.ErrorContains(t, err, "field credentials_file: credentials file "+file+`: got type "something else"`)
	})
}

// Files that a credentials document names may be written later, by a sidecar.
func TestSubjectTokenThatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 3, 1000)
		file := filepath.Join(t.TempDir(), "subject-token")
		p := r.Start(rig.Settings{"start_time": "2h", "credentials_json": string(r.Server.FederatedCredentialsJSON(chronicletest.Federation{TokenFile: file}))})
		rig.Pass(time.Minute)
		require.Contains(t, p.Logs.String(), "failed to open credential file")
		require.NoError(t, r.Server.WriteSubjectToken(file))
		require.Equal(t, sent, p.DeliverAll(len(sent)))
	})
}
