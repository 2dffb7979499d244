// The servers that ours is measured beside: containerd's ttrpc and grpc-go, over mutual TLS 1.3, with what every service of
// ours has: metadata, a deadline, and an interceptor that looks at both.
//
//	rpc-peer ttrpc|grpc HOST:PORT CERTIFICATES
//
// bench.Echo/Unary answers with its request (google.protobuf.BytesValue). bench.Echo/Stream (grpc only: ttrpc 1.1 has no
// streams) takes eight bytes, two numbers, big endian: how many messages, and of how many bytes.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/golang/protobuf/ptypes/wrappers"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// calls and nanoseconds are what the interceptors count.
var calls, nanoseconds int64

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "rpc-peer: "+format+"\n", arguments...)
	os.Exit(2)
}

func configuration(folder string) *tls.Config {
	pem, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil {
		fail("%v", err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		fail("no certificate in ca.pem")
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "gateway.pem"), filepath.Join(folder, "gateway.key"))
	if err != nil {
		fail("%v", err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authorities,
	}
}

// around is what an interceptor does with every call.
func around(ctx context.Context, trace string, next func() error) error {
	if _, limited := ctx.Deadline(); !limited || trace == "" {
		return status.Error(codes.InvalidArgument, "a call has a deadline and a trace")
	}
	start := time.Now()
	err := next()
	atomic.AddInt64(&calls, 1)
	atomic.AddInt64(&nanoseconds, int64(time.Since(start)))
	return err
}

func grpcTrace(ctx context.Context) string {
	pairs, _ := metadata.FromIncomingContext(ctx)
	if values := pairs.Get("traceparent"); len(values) > 0 {
		return values[0]
	}
	return ""
}

func serveTTRPC(address string, tlsConfiguration *tls.Config) error {
	server, err := ttrpc.NewServer(ttrpc.WithUnaryServerInterceptor(
		func(ctx context.Context, unmarshal ttrpc.Unmarshaler, _ *ttrpc.UnaryServerInfo, method ttrpc.Method) (
			response interface{}, err error,
		) {
			trace, _ := ttrpc.GetMetadataValue(ctx, "traceparent")
			err = around(ctx, trace, func() error {
				response, err = method(ctx, unmarshal)
				return err
			})
			return response, err
		}))
	if err != nil {
		return err
	}
	server.Register("bench.Echo", map[string]ttrpc.Method{
		"Unary": func(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
			var message wrappers.BytesValue
			if err := unmarshal(&message); err != nil {
				return nil, err
			}
			return &message, nil
		},
	})
	listener, err := tls.Listen("tcp", address, tlsConfiguration)
	if err != nil {
		return err
	}
	return server.Serve(context.Background(), listener)
}

type echo interface{}

var description = grpc.ServiceDesc{
	ServiceName: "bench.Echo", HandlerType: (*echo)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Unary",
		Handler: func(
			service interface{}, ctx context.Context, decode func(interface{}) error,
			interceptor grpc.UnaryServerInterceptor,
		) (interface{}, error) {
			var message wrappers.BytesValue
			if err := decode(&message); err != nil {
				return nil, err
			}
			return interceptor(
				ctx, &message, &grpc.UnaryServerInfo{Server: service, FullMethod: "/bench.Echo/Unary"},
				func(_ context.Context, request interface{}) (interface{}, error) { return request, nil })
		},
	}},
	Streams: []grpc.StreamDesc{{
		StreamName: "Stream", ServerStreams: true,
		Handler: func(_ interface{}, stream grpc.ServerStream) error {
			var request wrappers.BytesValue
			if err := stream.RecvMsg(&request); err != nil {
				return err
			}
			count, size := binary.BigEndian.Uint32(request.Value), binary.BigEndian.Uint32(request.Value[4:])
			message := &wrappers.BytesValue{Value: make([]byte, size)}
			for ; count > 0; count-- {
				if err := stream.SendMsg(message); err != nil {
					return err
				}
			}
			return nil
		},
	}},
}

func serveGRPC(address string, tlsConfiguration *tls.Config) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(tlsConfiguration)),
		grpc.UnaryInterceptor(func(
			ctx context.Context, request interface{}, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
		) (response interface{}, err error) {
			err = around(ctx, grpcTrace(ctx), func() error {
				response, err = handler(ctx, request)
				return err
			})
			return response, err
		}),
		grpc.StreamInterceptor(func(
			service interface{}, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
		) error {
			return around(stream.Context(), grpcTrace(stream.Context()), func() error { return handler(service, stream) })
		}))
	server.RegisterService(&description, struct{}{})
	return server.Serve(listener)
}

func main() {
	if len(os.Args) != 4 {
		fail("usage: rpc-peer ttrpc|grpc HOST:PORT CERTIFICATES")
	}
	var err error
	switch os.Args[1] {
	case "ttrpc":
		err = serveTTRPC(os.Args[2], configuration(os.Args[3]))
	case "grpc":
		err = serveGRPC(os.Args[2], configuration(os.Args[3]))
	default:
		fail("no server %q; there are ttrpc and grpc", os.Args[1])
	}
	fail("%v", err)
}
