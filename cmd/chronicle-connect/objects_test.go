//go:build !minimal

package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// An object is what a pipeline wrote to a store of objects.
type object struct {
	contentType     string
	contentEncoding string
	metadata        map[string]string
	body            []byte
}

// objects are those of a bucket by name.
type objects map[string]object

// lines is the text of a compressed object.
func (o object) lines() ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(o.body))
	if err != nil {
		return nil, fmt.Errorf("opening an object of %d bytes: %w", len(o.body), err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("unpacking an object of %d bytes: %w", len(o.body), err)
	}
	return text, nil
}

// idsOfObjects are the ids of all detections in a bucket, for a proof.
func idsOfObjects(list func() (objects, error)) func() ([]string, error) {
	return func() ([]string, error) {
		all, err := list()
		if err != nil {
			return nil, err
		}
		var ids []string
		for name, o := range all {
			text, err := o.lines()
			if err != nil {
				return nil, fmt.Errorf("object %s: %w", name, err)
			}
			for line := range bytes.Lines(text) {
				id, err := idOf(line)
				if err != nil {
					return nil, fmt.Errorf("object %s: %w", name, err)
				}
				ids = append(ids, id)
			}
		}
		return ids, nil
	}
}

// requireObjects checks that every object is named after what is in it, that its
// lines are what was sent, byte for byte, and that they belong there.
func requireObjects(t *testing.T, sent *ledger, all objects) {
	t.Helper()
	named := regexp.MustCompile(`^detections/date=([0-9-]{10})/rule=([a-zA-Z0-9_.-]+)/([0-9a-f]{32})\.jsonl\.gz$`)
	byID := sent.byID(t)
	require.NotEmpty(t, all)
	for name, o := range all {
		parts := named.FindStringSubmatch(name)
		require.NotNil(t, parts, "object %s", name)
		require.Equal(t, "application/gzip", o.contentType, name)
		require.Empty(t, o.contentEncoding, name)

		text, err := o.lines()
		require.NoError(t, err, name)
		hash := sha256.Sum256(text)
		require.Equal(t, hex.EncodeToString(hash[:16]), parts[3], "the hash of %s", name)
		for line := range bytes.Lines(text) {
			var detection struct {
				ID            string `json:"id"`
				DetectionTime string `json:"detectionTime"`
				Detection     []struct {
					RuleID string `json:"ruleId"`
				} `json:"detection"`
			}
			require.NoError(t, json.Unmarshal(line, &detection), name)
			require.Equal(t, string(byID[detection.ID])+"\n", string(line), name)
			require.Equal(t, parts[1], detection.DetectionTime[:10], name)
			require.Equal(t, parts[2], detection.Detection[0].RuleID, name)
		}
	}
}
