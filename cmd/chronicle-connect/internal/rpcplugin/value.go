package rpcplugin

import (
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin/runtimepb"
)

// valueOf is a value of the wire as one of JSON.
func valueOf(v *runtimepb.Value) (any, error) {
	switch kind := v.GetKind().(type) {
	case nil, *runtimepb.Value_NullValue:
		return nil, nil
	case *runtimepb.Value_StringValue:
		return kind.StringValue, nil
	case *runtimepb.Value_IntegerValue:
		return kind.IntegerValue, nil
	case *runtimepb.Value_DoubleValue:
		return kind.DoubleValue, nil
	case *runtimepb.Value_BoolValue:
		return kind.BoolValue, nil
	case *runtimepb.Value_TimestampValue:
		return kind.TimestampValue.AsTime(), nil
	case *runtimepb.Value_BytesValue:
		return string(kind.BytesValue), nil
	case *runtimepb.Value_ListValue:
		list := make([]any, len(kind.ListValue.GetValues()))
		for i, item := range kind.ListValue.GetValues() {
			value, err := valueOf(item)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case *runtimepb.Value_StructValue:
		return objectOf(kind.StructValue)
	default:
		return nil, fmt.Errorf("got a value of the unknown kind %T", kind)
	}
}

func objectOf(s *runtimepb.StructValue) (map[string]any, error) {
	object := make(map[string]any, len(s.GetFields()))
	for name, field := range s.GetFields() {
		value, err := valueOf(field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		object[name] = value
	}
	return object, nil
}

// wireMessage is a message as it crosses, its body as it is.
func wireMessage(message *service.Message) (*runtimepb.Message, error) {
	body, err := message.AsBytes()
	if err != nil {
		return nil, fmt.Errorf("reading a message's body: %w", err)
	}
	fields := make(map[string]*runtimepb.Value)
	err = message.MetaWalk(func(key, value string) error {
		fields[key] = &runtimepb.Value{Kind: &runtimepb.Value_StringValue{StringValue: value}}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading a message's metadata: %w", err)
	}
	return &runtimepb.Message{
		Payload:  &runtimepb.Message_Bytes{Bytes: body},
		Metadata: &runtimepb.StructValue{Fields: fields},
	}, nil
}

// wireError is an error as it crosses, nil for none.
func wireError(err error) *runtimepb.Error {
	if err == nil {
		return nil
	}
	if err.Error() == "" {
		// Without a message it would pass for a success.
		return &runtimepb.Error{Message: "unknown error"}
	}
	return &runtimepb.Error{Message: err.Error()}
}

// What ReadBatch answers when there is nothing more to read, in this process or at
// all.
var (
	notConnected = &runtimepb.Error{
		Message: "the plugin is stopping",
		Detail:  &runtimepb.Error_NotConnected_{NotConnected: &runtimepb.Error_NotConnected{}},
	}
	endOfInput = &runtimepb.Error{
		Message: "the input has ended",
		Detail:  &runtimepb.Error_EndOfInput_{EndOfInput: &runtimepb.Error_EndOfInput{}},
	}
)
