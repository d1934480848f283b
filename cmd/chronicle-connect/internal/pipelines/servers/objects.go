//go:build !minimal

package servers

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
)

// An Object is what a pipeline wrote to a store of objects.
type Object struct {
	ContentType     string
	ContentEncoding string
	Metadata        map[string]string
	body            []byte
}

// Objects are those of a bucket by name.
type Objects map[string]Object

// Lines is the text of a compressed object.
func (o Object) Lines() ([]byte, error) {
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

// IDsOfObjects returns what lists the ids of all detections in a bucket.
func IDsOfObjects(list func() (Objects, error)) func() ([]string, error) {
	return func() ([]string, error) {
		all, err := list()
		if err != nil {
			return nil, err
		}
		var ids []string
		for name, o := range all {
			text, err := o.Lines()
			if err != nil {
				return nil, fmt.Errorf("object %s: %w", name, err)
			}
			for line := range bytes.Lines(text) {
				id, err := ledger.IDOf(line)
				if err != nil {
					return nil, fmt.Errorf("object %s: %w", name, err)
				}
				ids = append(ids, id)
			}
		}
		return ids, nil
	}
}
