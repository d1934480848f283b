//go:build !minimal

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// routeBucket is a directory of the S3 server's, as all its buckets are.
const routeBucket = "routed"

// routes are the destinations of route.yaml.
type routes struct {
	t    *testing.T
	s3   *realServer
	chat *chatroom
}

func newRoutes(t *testing.T) *routes {
	t.Helper()
	r := &routes{t: t, s3: startReal(t, "s3"), chat: newChatroom(t, false, checkSlackText)}
	require.NoError(t, os.Mkdir(filepath.Join(r.s3.dir, routeBucket), 0o700))
	return r
}

func (r *routes) settings(more ...string) []string {
	return append([]string{
		"SLACK_WEBHOOK_URL=" + r.chat.url(),
		"S3_BUCKET=" + routeBucket, "S3_PREFIX=", "S3_ENDPOINT=http://" + r.s3.addr(), "S3_FORCE_PATH_STYLE=true",
		"AWS_REGION=us-east-1", "AWS_PROFILE=", "AWS_ACCESS_KEY_ID=chronicle", "AWS_SECRET_ACCESS_KEY=chronicle-secret",
		"CHRONICLE_INCLUDE_TYPES=", "CHRONICLE_EXCLUDE_TYPES=", "CHRONICLE_MIN_SEVERITY=", "SLACK_MIN_SEVERITY=",
		"CHRONICLE_INCLUDE_SEVERITIES=", "CHRONICLE_EXCLUDE_SEVERITIES=", "CHRONICLE_INCLUDE_RULE_IDS=",
		"CHRONICLE_EXCLUDE_RULE_IDS=", "CHRONICLE_INCLUDE_RULES=", "CHRONICLE_EXCLUDE_RULES=", "DEAD_LETTER_AFTER=",
	}, more...)
}

// objects are those in the bucket, by the id that they are named after.
func (r *routes) objects() (map[string][]byte, error) {
	bucket := filepath.Join(r.s3.dir, routeBucket)
	objects := make(map[string][]byte)
	err := filepath.WalkDir(bucket, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(bucket, path)
		if err != nil || entry.IsDir() || !strings.HasPrefix(name, "detections"+string(filepath.Separator)) {
			return err // the server keeps what is under way elsewhere
		}
		objects[strings.TrimSuffix(entry.Name(), ".json")], err = os.ReadFile(path)
		return err
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
func (r *routes) requireStored(sent *ledger) {
	r.t.Helper()
	objects, err := r.objects()
	require.NoError(r.t, err)
	require.Equal(r.t, sent.byID(r.t), objects)
}

// requirePosted fails unless what is for Slack is there, in order and once but
// for what repeated allows.
func (r *routes) requirePosted(sent *ledger, repeated bool) {
	r.t.Helper()
	r.chat.requireNoneRefused()
	ids := firsts(r.chat.taken())
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
func forSlack(t *testing.T, sent *ledger) (ids []string) {
	t.Helper()
	for _, line := range sent.from(0) {
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
	require.Less(t, len(ids), sent.count())
	return ids
}

// Either destination is killed once, and comes back before anything becomes a
// dead letter.
func TestRouteKilled(t *testing.T) {
	for _, name := range []string{"s3", "slack"} {
		t.Run(name, func(t *testing.T) {
			r := newRoutes(t)
			var server killable = r.s3
			if name == "slack" {
				server = r.chat
			}
			sent := proof{
				config: "route.yaml",
				env:    r.settings(),
				args:   quickly,
				server: server,
				ids:    r.stored,
			}.run(t)
			r.requireStored(sent)
			r.requirePosted(sent, name == "slack")
		})
	}
}

// A destination that is down for good doesn't keep the other one from getting
// everything. What it should have got becomes dead letters, and gets there by
// replay.yaml.
func TestRouteDeadLetters(t *testing.T) {
	for _, down := range []string{"s3", "slack"} {
		t.Run(down, func(t *testing.T) {
			r := newRoutes(t)
			server := chronicletest.NewServer()
			defer server.Close()
			sent := newLedger(server, 1)
			d := deployFile(t, server, "route.yaml", r.settings("DEAD_LETTER_AFTER=1s")...)
			d.args = append(d.args, quickly...)
			if down == "s3" {
				r.s3.kill()
			} else {
				r.chat.kill()
			}
			p := d.start()
			for range 10 {
				at := sent.append(100, proofSize)
				waitFor(t, "the next batch to be done with", func() bool { return d.stored().Equal(at) })
			}
			p.stop()
			files, err := filepath.Glob(filepath.Join(d.state, "dead_letters", down+"-*.jsonl"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			if down == "s3" {
				r.requirePosted(sent, false)
				require.Len(t, deadLetters(t, files), sent.count())
				r.s3.restart()
			} else {
				r.requireStored(sent)
				require.Empty(t, r.chat.taken())
				r.chat.restart()
			}
			for _, file := range files { // two, if the hour ended meanwhile
				replay := deployFile(t, server, "replay.yaml", r.settings("DEAD_LETTERS="+file)...)
				replay.args = append(replay.args, quickly...)
				p := replay.start()
				require.Zero(t, p.waitExit(patience), "exit code")
				require.NoDirExists(t, filepath.Join(replay.state, "dead_letters"))
			}
			r.requireStored(sent)
			r.requirePosted(sent, false)
		})
	}
}

// deadLetters are those in some files.
func deadLetters(t *testing.T, files []string) (letters []json.RawMessage) {
	t.Helper()
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for lines.Scan() {
			if len(lines.Bytes()) > 0 {
				require.True(t, json.Valid(lines.Bytes()), "%.200q", lines.Bytes())
				letters = append(letters, bytes.Clone(lines.Bytes()))
			}
		}
		require.NoError(t, lines.Err())
	}
	return letters
}

// A post that Slack refuses for good becomes a dead letter at once, and those
// behind it get through.
func TestRouteRefused(t *testing.T) {
	r := newRoutes(t)
	r.chat.check = func(post []byte) error {
		if bytes.Contains(post, []byte("refuse this")) {
			return fs.ErrInvalid
		}
		return checkSlackText(post)
	}
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append([]byte(`{"id":"de_1","detection":[{"ruleName":"refuse this"}]}`))
	server.Append([]byte(`{"id":"de_2","detection":[{"ruleName":"and take this"}]}`))
	d := deployFile(t, server, "route.yaml", r.settings()...)
	d.args = append(d.args, quickly...)
	p := d.start()
	waitFor(t, "the second post", func() bool { return len(r.chat.taken()) == 1 })
	p.stop()
	files, err := filepath.Glob(filepath.Join(d.state, "dead_letters", "slack-*.jsonl"))
	require.NoError(t, err)
	letters := deadLetters(t, files)
	require.Len(t, letters, 1)
	require.Contains(t, string(letters[0]), "refuse this")
	require.NotContains(t, string(letters[0]), "token=t", "it has the webhook's secret")
	stored, err := r.stored()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"de_1", "de_2"}, stored)
}

// A wrong setting is told at the start, and not when it has let detections pass.
func TestRouteRefusesWrongSettings(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	for setting, told := range map[string]string{
		"CHRONICLE_MIN_SEVERITY=hihg":  `CHRONICLE_MIN_SEVERITY: got \"hihg\", want INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL`,
		"CHRONICLE_INCLUDE_RULES=a,(":  `CHRONICLE_INCLUDE_RULES: got \"(\": `,
		"CHRONICLE_EXCLUDE_TYPES=rule": `CHRONICLE_EXCLUDE_TYPES: got \"rule\", want RULE_DETECTION, GCTI_FINDING`,
		"DEAD_LETTER_AFTER=soon":       `DEAD_LETTER_AFTER: got \"soon\", want a duration`,
	} {
		d := deployFile(t, server, "route.yaml",
			"SLACK_WEBHOOK_URL=http://127.0.0.1:1/x", "S3_BUCKET=b", "AWS_REGION=us-east-1", "S3_ENDPOINT=http://127.0.0.1:1", setting)
		p := d.start()
		require.NotZero(t, p.waitExit(10*time.Second), setting)
		require.Contains(t, p.log.String(), told)
	}
}
