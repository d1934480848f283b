//go:build !minimal

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
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
