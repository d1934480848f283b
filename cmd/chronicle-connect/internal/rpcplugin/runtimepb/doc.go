// Package runtimepb is what crosses the wire between a host and an RPC plugin. All
// of it is generated from batch_input.proto, by protoc with protoc-gen-go v1.36.11
// and protoc-gen-go-grpc v1.6.0:
//
//	protoc -I internal/rpcplugin/runtimepb --go_out=internal/rpcplugin/runtimepb --go_opt=paths=source_relative \
//		--go-grpc_out=internal/rpcplugin/runtimepb --go-grpc_opt=paths=source_relative batch_input.proto
//
// It must know nothing else of the project.
package runtimepb
