//go:build !minimal

package pipelines

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/chatlimits"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// routeBucket is a directory of the S3 server's, as all its buckets are.
const routeBucket = "routed"

// routes are the destinations of route.yaml.
type routes struct {
	t    *testing.T
	s3   *servers.Real
	chat *servers.Chatroom
}

func newRoutes(t *testing.T) *routes {
	t.Helper()
	r := &routes{t: t, s3: servers.StartReal(t, "s3"), chat: servers.NewChatroom(t, false, chatlimits.SlackText)}
	require.NoError(t, os.Mkdir(filepath.Join(r.s3.Dir, routeBucket), 0o700))
	return r
}

func (r *routes) settings(more ...string) []string {
	return append([]string{
		"SLACK_WEBHOOK_URL=" + r.chat.URL(),
		"S3_BUCKET=" + routeBucket, "S3_PREFIX=", "S3_ENDPOINT=http://" + r.s3.Addr(), "S3_FORCE_PATH_STYLE=true",
		"AWS_REGION=us-east-1", "AWS_PROFILE=", "AWS_ACCESS_KEY_ID=chronicle", "AWS_SECRET_ACCESS_KEY=chronicle-secret",
		"CHRONICLE_INCLUDE_TYPES=", "CHRONICLE_EXCLUDE_TYPES=", "CHRONICLE_MIN_SEVERITY=", "SLACK_MIN_SEVERITY=",
		"CHRONICLE_INCLUDE_SEVERITIES=", "CHRONICLE_EXCLUDE_SEVERITIES=", "CHRONICLE_INCLUDE_RULE_IDS=",
		"CHRONICLE_EXCLUDE_RULE_IDS=", "CHRONICLE_INCLUDE_RULES=", "CHRONICLE_EXCLUDE_RULES=", "DEAD_LETTER_AFTER=",
	}, more...)
}

// objectOfDetection is what an object of route.yaml is named after: the id of a
// detection and 12 hex digits of the SHA-256 of its bytes.
var objectOfDetection = regexp.MustCompile(`^(.+)-([0-9a-f]{12})\.json$`)

// objects are those in the bucket, by the id that they are named after.
func (r *routes) objects() (map[string][]byte, error) {
	bucket := filepath.Join(r.s3.Dir, routeBucket)
	objects := make(map[string][]byte)
	err := filepath.WalkDir(bucket, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(bucket, path)
		if err != nil || entry.IsDir() || !strings.HasPrefix(name, "detections"+string(filepath.Separator)) {
			return err // the server keeps what is under way elsewhere
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		id := strings.TrimSuffix(entry.Name(), ".json")
		if parts := objectOfDetection.FindStringSubmatch(entry.Name()); parts != nil {
			id = parts[1]
			if hash := sha256.Sum256(body); hex.EncodeToString(hash[:6]) != parts[2] {
				return fmt.Errorf("object %s does not have the bytes that it is named after", name)
			}
		}
		if objects[id] != nil {
			return fmt.Errorf("there are two objects of %s", id)
		}
		objects[id] = body
		return nil
	})
	return objects, err
}

// stored is the ids of the objects.
func (r *routes) stored() (ids []string, err error) {
	objects, err := r.objects()
	for id := range objects {
		ids = append(ids, id)
	}
	return ids, err
}

// requireStored fails unless what was sent is in the bucket, byte for byte.
func (r *routes) requireStored(sent *ledger.Ledger) {
	r.t.Helper()
	objects, err := r.objects()
	require.NoError(r.t, err)
	require.Equal(r.t, sent.ByID(r.t), objects)
}

// requirePosted fails unless what is for Slack is there, in order and once but
// for what repeated allows.
func (r *routes) requirePosted(sent *ledger.Ledger, repeated bool) {
	r.t.Helper()
	r.chat.RequireNoneRefused()
	ids := servers.IDsInPosts(r.chat.Taken())
	if repeated {
		seen := make(map[string]bool)
		ids = slices.DeleteFunc(ids, func(id string) bool {
			again := seen[id]
			seen[id] = true
			return again
		})
	}
	require.Equal(r.t, forSlack(r.t, sent), ids)
}

// forSlack are the ids of what was sent that has a high severity.
func forSlack(t *testing.T, sent *ledger.Ledger) (ids []string) {
	t.Helper()
	for _, line := range sent.From(0) {
		var detection struct {
			ID        string `json:"id"`
			Detection []struct {
				Severity   string `json:"severity"`
				RuleLabels []struct {
					Key   string `json:"key"`
					Value string `json:"value"`
				} `json:"ruleLabels"`
			} `json:"detection"`
		}
		require.NoError(t, json.Unmarshal(line, &detection))
		severity := detection.Detection[0].Severity
		for _, label := range detection.Detection[0].RuleLabels {
			if severity == "" && strings.EqualFold(label.Key, "severity") {
				severity = label.Value
			}
		}
		if !slices.Contains([]string{"INFORMATIONAL", "LOW", "MEDIUM"}, strings.ToUpper(severity)) {
			ids = append(ids, detection.ID)
		}
	}
	require.NotEmpty(t, ids)
	require.Less(t, len(ids), sent.Count())
	return ids
}
