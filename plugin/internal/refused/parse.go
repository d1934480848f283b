package refused

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Parse reads a line. The error says why it is no record, and shows nothing of it.
func Parse(line []byte) (Record, error) {
	var found struct {
		Record
		Destination json.RawMessage `json:"destination"`
		Detection   *string         `json:"detection"`
		// As route.yaml wrote them before there was one format for all.
		EarlierObject *string `json:"object"`
		EarlierBody   *string `json:"body"`
	}
	if err := json.Unmarshal(line, &found); err != nil {
		return Record{}, about(err)
	}
	record := found.Record
	switch {
	case found.Detection != nil:
		record.Detection = *found.Detection
	case found.EarlierBody != nil:
		record.Detection = *found.EarlierBody
	default:
		return Record{}, errors.New("it has no detection")
	}
	if len(found.Destination) > 0 {
		var to string
		switch {
		case json.Unmarshal(found.Destination, &record.Destination) == nil:
		case json.Unmarshal(found.Destination, &to) == nil:
			record.Destination = map[string]string{"to": to}
			if found.EarlierObject != nil {
				record.Destination["object"] = *found.EarlierObject
			}
		default:
			return Record{}, errors.New("its destination is no object of texts")
		}
	}
	if _, err := record.Body(); err != nil {
		return Record{}, err
	}
	return record, nil
}

// about says in one way for all lines what is wrong, without what the error quotes.
func about(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return fmt.Errorf("the field %q is of another type", wrong.Field)
	}
	return errors.New("it is no JSON object as chronicle_refused writes them")
}
