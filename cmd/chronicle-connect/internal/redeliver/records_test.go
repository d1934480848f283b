package redeliver

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

func TestWayOf(t *testing.T) {
	all, err := loadPipelines(nil)
	require.NoError(t, err)
	for _, test := range []struct {
		name string
		line string
		want way
		err  string
	}{
		{name: "a detection", line: `{"pipeline":"http","detection":"{}","format":"raw"}`, want: way{"http", false}},
		{name: "a document", line: `{"pipeline":"http","detection":"{}","format":"ocsf"}`, want: way{"http", true}},
		{name: "a post", line: `{"pipeline":"slack","detection":"{}","format":"post"}`, want: way{"slack", true}},
		{name: "of the reader", line: `{"pipeline":"reader","detection":"{}","format":"raw"}`, want: way{"reader", false}},
		{name: "a detection of an earlier version", line: `{"pipeline":"http","detection":"{\"id\":\"de_1\"}"}`, want: way{"http", false}},
		{name: "odd, of an earlier version", line: `{"pipeline":"http","detection":"[]"}`, want: way{"http", false}},
		{name: "a post of an earlier version", line: `{"pipeline":"teams","detection":"{}"}`, want: way{"teams", true}},
		{name: "OCSF of an earlier version", line: `{"pipeline":"nats","detection":"{\"class_uid\":2004}"}`, err: "earlier version"},
		{name: "ECS of an earlier version", line: `{"pipeline":"nats","detection":"{\"ecs\":{}}"}`, err: "earlier version"},
		{name: "a dead letter", line: `{"pipeline":"route","destination":{"to":"s3","object":"o"},"detection":"{}","format":"raw"}`, want: way{replay, true}},
		{name: "one that was replayed", line: `{"pipeline":"replay","destination":{"to":"slack"},"detection":"{}"}`, want: way{replay, true}},
		{name: "one of an earlier version", line: `{"destination":"slack","body":"{}"}`, want: way{replay, true}},
		{name: "one to nowhere", line: `{"pipeline":"replay","detection":"{}"}`, err: "neither slack nor s3"},
		{name: "of nobody", line: `{"pipeline":"mine","detection":"{}"}`, err: `no pipeline "mine"`},
		{name: "of one that keeps nothing", line: `{"pipeline":"print","detection":"{}"}`, err: `no pipeline "print"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			message, err := plugin.ParseRefused([]byte(test.line))
			require.NoError(t, err)
			got, err := all.wayOf(&message)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestDestinationOf(t *testing.T) {
	for want, r := range map[string]plugin.Refused{
		"http":                   {Pipeline: "http"},
		"kafka, topic t":         {Pipeline: "kafka", Destination: map[string]string{"topic": "t", "key": "de_1"}},
		"route, to s3":           {Destination: map[string]string{"to": "s3", "object": "o"}},
		"mine, a 1 2, b x\ufffd": {Pipeline: "mine", Destination: map[string]string{"b": "x\xff", "a": "1\n2", "c": ""}},
	} {
		require.Equal(t, want, destinationOf(&r))
	}
	require.Equal(t, "422 Unprocessable Entity, Error: no", reasonOf("(url) HTTP request returned unexpected response code (422): 422 Unprocessable Entity, Error: no"))
	require.Equal(t, "ab…", short("abc", 2))
}
