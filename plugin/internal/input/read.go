package input

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// ReadBatch waits for messages of the stream. It returns ErrNotConnected when
// the connection has ended and another one is to be opened.
func (in *input) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	for {
		if in.held == nil {
			conn, piece, err := in.nextPiece(ctx)
			if err != nil {
				return nil, nil, err
			}
			if in.held, err = in.digest(conn, piece); err != nil {
				return nil, nil, in.disconnect(&chronicle.StreamError{Err: err})
			}
			if in.held == nil {
				continue
			}
		}
		batch := in.held.batch
		release, err := in.tracker.Track(ctx, in.held.after, len(batch), in.held.bytes)
		if err != nil {
			return nil, nil, err
		}
		in.held = nil
		return batch, in.ackFunc(batch, release), nil
	}
}

func (in *input) nextPiece(ctx context.Context) (*link, stream.Piece, error) {
	conn := in.current()
	if conn == nil {
		return nil, stream.Piece{}, service.ErrNotConnected
	}
	select {
	case piece := <-conn.Pieces():
		return conn, piece, nil
	case <-conn.Done():
		return nil, stream.Piece{}, in.disconnect(conn.Err())
	case <-ctx.Done():
		return nil, stream.Piece{}, ctx.Err()
	}
}
