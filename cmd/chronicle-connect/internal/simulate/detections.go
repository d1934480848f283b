package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// ownDetections reads the user's own detections, and returns none where they are
// to be made up. Each is put on one line, as the stream has them, and is otherwise
// as it was written.
func (s *simulation) ownDetections() ([]json.RawMessage, error) {
	if s.detections == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.detections)
	if err != nil {
		return nil, fmt.Errorf("flag detections: %w", err)
	}
	all, err := splitDetections(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, fmt.Errorf("flag detections: reading %s: %w", s.detections, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("flag detections: %s holds none, want JSON objects, one a line or in an array", s.detections)
	}
	return all, nil
}

// splitDetections takes one array of objects, or objects one after the other.
func splitDetections(text []byte) (all []json.RawMessage, err error) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, err
		}
	} else {
		for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
			var one json.RawMessage
			if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("detection %d, from byte %d on: %w", len(all)+1, decoder.InputOffset(), err)
			}
			all = append(all, one)
		}
	}
	for i, one := range all {
		if one[0] != '{' {
			return nil, fmt.Errorf("detection %d: got %.20s, want a JSON object", i+1, one)
		}
		var line bytes.Buffer
		if err := json.Compact(&line, one); err != nil {
			return nil, fmt.Errorf("detection %d: %w", i+1, err)
		}
		all[i] = line.Bytes()
	}
	return all, nil
}
