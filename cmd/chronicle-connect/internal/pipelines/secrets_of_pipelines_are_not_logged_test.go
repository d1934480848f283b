package pipelines

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// aSecret is in every secret of these tests, and may not be in any log.
const aSecret = "hunter2"

// waysToSetASecret are how secrets come to a process: read from a file with a line
// break at its end, in quotes that Docker leaves where they are, with characters
// that net/http, JSON and YAML write anew, and as what no client takes. A URL that is
// no webhook's has its secrets in the userinfo and the query.
var waysToSetASecret = map[string]struct{ plain, webhook, address string }{
	"a line break at the end": {
		"hunter2-plain\n", "http://me:hunter2-password@127.0.0.1:1/services/T0/hunter2-path?token=hunter2-token\n", "http://me:hunter2@127.0.0.1:1/path\n",
	},
	"between quotes": {
		`"hunter2-plain"`, `'http://hunter2-user@127.0.0.1:1/hunter2-path'`, `"http://hunter2-user@127.0.0.1:1?token=hunter2-token"`,
	},
	"what has to be escaped": {
		`it's "hunter2" \ <&> ü`, "http://127.0.0.1:1/hunter2 path/ü\"'<>?token=hunter2 token&x=hunter2%2Fx", "http://me:hunter2%2Fü@127.0.0.1:1/?x=hunter2'\"<",
	},
	"a URL that is none": {
		"Basic hunter2\x01", "http://me:hunter2@127.0.0.1:port/%zzhunter2", "http://me:hunter2@127.0.0.1:port/%zz?x=hunter2",
	},
	"a carriage return inside": {
		"hunter2-one\rhunter2-two", "http://127.0.0.1:1/hunter2-one\rhunter2-two", "http://me:hunter2\r@127.0.0.1:1/",
	},
}

var (
	variableOf   = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)(:[^}]*)?\}`)
	holdsASecret = regexp.MustCompile(`WEBHOOK|SECRET|TOKEN|PASSW|API_?KEY|AUTHORIZATION|CREDENTIALS_JSON|^HTTP_URL$`)
)

// No pipeline of config/ logs a secret, however that was set, at the most talkative
// level and with nobody at home where it sends to. New pipelines are among them.
func TestSecretsOfPipelinesAreNotLogged(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		found, err := filepath.Glob(repository.Path(t, "config", pattern))
		require.NoError(t, err)
		files = append(files, found...)
	}
	files = slices.DeleteFunc(files, func(path string) bool { return strings.HasSuffix(path, "_benthos_test.yaml") })
	require.Greater(t, len(files), 10)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		variables := variablesOf(string(text))
		if !slices.ContainsFunc(variables, func(v variableOfAConfig) bool { return v.secret() || v.isURL() }) {
			continue
		}
		for way := range waysToSetASecret {
			t.Run(filepath.Base(file)+", "+way, func(t *testing.T) {
				t.Parallel()
				requireNoSecret(t, file, way, variables)
			})
		}
	}
}

// requireNoSecret runs a pipeline until it has complained of its destination, or has
// ended.
func requireNoSecret(t *testing.T, file, way string, variables []variableOfAConfig) {
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append([]byte(`{"id":"de_1"}`))
	credentials := filepath.Join(t.TempDir(), "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := programtest.Command(ctx, "run", "--log.level", "trace", "--set", "http.enabled=false", file)
	command.Env = append(command.Env, "CHRONICLE_BASE_URL="+server.URL, "CHRONICLE_CREDENTIALS_FILE="+credentials,
		"CHRONICLE_START_TIME=1h", "CHRONICLE_STATE_DIR="+t.TempDir(), "CHRONICLE_INSTANCE=", "CHRONICLE_API=", "CHRONICLE_REGION=")
	for _, variable := range variables {
		if value := variable.value(t, way); value != "" {
			command.Env = append(command.Env, variable.name+"="+value)
		}
	}
	log := &childprocess.Log{}
	command.Stdout, command.Stderr = log, log
	require.NoError(t, command.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // it may end by itself, or is killed
	}()
	waiting.For(t, "a complaint about the destination, or the end", func() bool {
		select {
		case <-ended:
			return true
		default:
			return strings.Contains(log.String(), "level=error")
		}
	})
	cancel()
	<-ended
	require.NotContains(t, log.String(), aSecret)
}

type variableOfAConfig struct {
	name     string
	required bool
}

func (v variableOfAConfig) secret() bool { return holdsASecret.MatchString(v.name) }

func (v variableOfAConfig) isURL() bool { return strings.Contains(v.name, "_URL") }

// value is what the variable is set to: a secret, an address where nobody is, or
// what else a pipeline has to have; nothing where the default will do.
func (v variableOfAConfig) value(t *testing.T, way string) string {
	switch {
	case v.secret() && v.isURL():
		return waysToSetASecret[way].webhook
	case v.isURL():
		return waysToSetASecret[way].address
	case v.secret():
		return waysToSetASecret[way].plain
	case v.name == "DEAD_LETTERS":
		path := filepath.Join(t.TempDir(), "dead.jsonl")
		require.NoError(t, os.WriteFile(path, []byte("{}\n"), 0o600))
		return path
	case strings.HasSuffix(v.name, "_ENDPOINT"):
		return "http://127.0.0.1:1"
	case !v.required:
		return ""
	case strings.Contains(v.name, "ADDRESS"):
		return "127.0.0.1:1"
	default:
		return "anything"
	}
}

func variablesOf(config string) (variables []variableOfAConfig) {
	for _, match := range variableOf.FindAllStringSubmatch(config, -1) {
		variable := variableOfAConfig{match[1], match[2] == ""}
		// Those of the input are given.
		if !strings.HasPrefix(variable.name, "CHRONICLE_") && !slices.Contains(variables, variable) {
			variables = append(variables, variable)
		}
	}
	return variables
}
