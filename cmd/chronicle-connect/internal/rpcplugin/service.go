package rpcplugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin/runtimepb"
)

// closePatience is how long the input may take to end, storing the position
// included.
const closePatience = 15 * time.Second

// A pluginService answers one host. It lives as long as the process: a host that
// wants a new input starts another process.
type pluginService struct {
	runtimepb.UnimplementedBatchInputServiceServer

	log *hostLog

	mu     sync.Mutex // guards reader, and is held while it is built
	reader *reader    // nil before Init, and where that refused

	closeOnce sync.Once
	closed    chan struct{} // closed when the input has ended for good
}

func newService(log *hostLog) *pluginService {
	return &pluginService{log: log, closed: make(chan struct{})}
}

var errNotInitialised = errors.New("the plugin was called before Init")

// Init implements runtimepb.BatchInputServiceServer. A second one is that of a host
// which never heard the first answer.
func (s *pluginService) Init(_ context.Context, request *runtimepb.BatchInputInitRequest) (*runtimepb.BatchInputInitResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader != nil {
		return &runtimepb.BatchInputInitResponse{}, nil
	}
	reader, err := s.build(request.GetConfig())
	if err != nil {
		// As one line: it gets into a host's log.
		text := strings.Join(strings.Fields(err.Error()), " ")
		return &runtimepb.BatchInputInitResponse{Error: &runtimepb.Error{Message: cut(s.log.redactor.Redact([]byte(text)))}}, nil
	}
	s.reader = reader
	// The input redelivers by itself what is rejected, in halves where part of it is.
	return &runtimepb.BatchInputInitResponse{AutoReplayNacks: false}, nil
}

func (s *pluginService) build(value *runtimepb.Value) (*reader, error) {
	fields, err := objectOf(value.GetStructValue())
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	conf, err := parseConfig(fields)
	if err != nil {
		return nil, err
	}
	return newReader(conf, s.log)
}

// current is the reader, nil before Init.
func (s *pluginService) current() *reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reader
}

// Connect implements runtimepb.BatchInputServiceServer. It starts the reading and
// always says yes: a host drops its error, and takes what ReadBatch says.
func (s *pluginService) Connect(context.Context, *runtimepb.BatchInputConnectRequest) (*runtimepb.BatchInputConnectResponse, error) {
	reader := s.current()
	if reader == nil {
		return &runtimepb.BatchInputConnectResponse{Error: wireError(errNotInitialised)}, nil
	}
	reader.run()
	return &runtimepb.BatchInputConnectResponse{}, nil
}

// ReadBatch implements runtimepb.BatchInputServiceServer.
func (s *pluginService) ReadBatch(ctx context.Context, _ *runtimepb.BatchInputReadRequest) (*runtimepb.BatchInputReadResponse, error) {
	reader := s.current()
	if reader == nil {
		return &runtimepb.BatchInputReadResponse{Error: wireError(errNotInitialised)}, nil
	}
	return reader.next(ctx)
}

// Ack implements runtimepb.BatchInputServiceServer.
func (s *pluginService) Ack(ctx context.Context, request *runtimepb.BatchInputAckRequest) (*runtimepb.BatchInputAckResponse, error) {
	reader := s.current()
	if reader == nil {
		return &runtimepb.BatchInputAckResponse{Error: wireError(errNotInitialised)}, nil
	}
	var rejection error
	if request.GetError() != nil {
		// A detail alone is an error as well: nothing passes for delivered that was
		// not called so.
		rejection = errors.New(cmp.Or(request.GetError().GetMessage(), "the host rejects the batch"))
	}
	// What is acknowledged stays so, whatever becomes of the call.
	err := reader.outbox.settle(context.WithoutCancel(ctx), request.GetBatchId(), rejection)
	return &runtimepb.BatchInputAckResponse{Error: wireError(err)}, nil
}

// Close implements runtimepb.BatchInputServiceServer. It always says yes: after a no
// the host would leave this process running.
func (s *pluginService) Close(context.Context, *runtimepb.BatchInputCloseRequest) (*runtimepb.BatchInputCloseResponse, error) {
	s.end()
	return &runtimepb.BatchInputCloseResponse{}, nil
}

// end ends the input, once. It returns when that is done.
func (s *pluginService) end() {
	s.closeOnce.Do(func() {
		defer close(s.closed)
		reader := s.current()
		if reader == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		if err := reader.close(ctx); err != nil {
			s.log.logger().Error(fmt.Sprintf("ending the input: %v", err))
		}
	})
	<-s.closed
}

// drain ends the reading, and then waits for what is in flight, at most until ctx
// ends.
func (s *pluginService) drain(ctx context.Context) {
	reader := s.current()
	if reader == nil {
		return
	}
	reader.stop()
	select {
	case <-reader.outbox.empty():
	case <-s.closed:
	case <-ctx.Done():
	}
}
