// Runs the cases of gRPC's interoperability test description that ttrpc 1.1 knows (unary calls), against any ttrpc server
// over mutual TLS. Prints "PASS case" or "FAIL case: why" for each; exit status 1 when one failed, 2 for wrong usage or no
// connection.
//
//	interop-client -addr HOST:PORT -ca ca.pem -cert me.pem -key me.key
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	testing "grpc/testing"
)

const (
	service        = "grpc.testing.TestService"
	requestBytes   = 271828
	responseBytes  = 314159
	specialMessage = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
)

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "interop-client: "+format+"\n", arguments...)
	os.Exit(2)
}

func configuration(ca, certificate, key string) *tls.Config {
	pem, err := os.ReadFile(ca)
	if err != nil {
		fail("%v", err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		fail("no certificate in %s", ca)
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		fail("%v", err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: authorities, ServerName: "localhost",
		Certificates: []tls.Certificate{pair},
	}
}

// wants says how a call ended, if not with this code and message.
func wants(err error, code codes.Code, message string) error {
	got := status.Convert(err)
	if got.Code() != code || (message != "" && got.Message() != message) {
		return fmt.Errorf("ended with %v %q", got.Code(), got.Message())
	}
	return nil
}

func main() {
	address := flag.String("addr", "", "HOST:PORT of a server")
	ca := flag.String("ca", "", "PEM file of the authority")
	certificate := flag.String("cert", "", "PEM file of this client's certificate")
	key := flag.String("key", "", "PEM file of its key")
	flag.Parse()
	connection, err := tls.Dial("tcp", *address, configuration(*ca, *certificate, *key))
	if err != nil {
		fail("%v", err)
	}
	client := ttrpc.NewClient(connection)
	defer client.Close()
	background, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	failed := false
	run := func(name string, body func() error) {
		if err := body(); err != nil {
			failed = true
			fmt.Printf("FAIL %s: %v\n", name, err)
		} else {
			fmt.Printf("PASS %s\n", name)
		}
	}
	run("empty_unary", func() error {
		return client.Call(background, service, "EmptyCall", &testing.Empty{}, &testing.Empty{})
	})
	run("large_unary", func() error {
		response := &testing.SimpleResponse{}
		err := client.Call(background, service, "UnaryCall", &testing.SimpleRequest{
			ResponseSize: responseBytes,
			Payload:      &testing.Payload{Body: make([]byte, requestBytes)},
		}, response)
		if err == nil && len(response.GetPayload().GetBody()) != responseBytes {
			return fmt.Errorf("the response has %d bytes", len(response.GetPayload().GetBody()))
		}
		return err
	})
	for name, message := range map[string]string{
		"status_code_and_message": "test status message",
		"special_status_message":  specialMessage,
	} {
		message := message
		run(name, func() error {
			err := client.Call(background, service, "UnaryCall", &testing.SimpleRequest{
				ResponseStatus: &testing.EchoStatus{Code: int32(codes.Unknown), Message: message},
			}, &testing.SimpleResponse{})
			return wants(err, codes.Unknown, message)
		})
	}
	run("unimplemented_method", func() error {
		err := client.Call(background, service, "UnimplementedCall", &testing.Empty{}, &testing.Empty{})
		return wants(err, codes.Unimplemented, "")
	})
	run("unimplemented_service", func() error {
		err := client.Call(
			background, "grpc.testing.UnimplementedService", "UnimplementedCall", &testing.Empty{}, &testing.Empty{})
		return wants(err, codes.Unimplemented, "")
	})
	run("custom_metadata", func() error {
		ctx := ttrpc.WithMetadata(background, ttrpc.MD{
			"x-grpc-test-echo-initial":      []string{"test_initial_metadata_value"},
			"x-grpc-test-echo-trailing-bin": []string{"q6ur"},
		})
		return client.Call(ctx, service, "EmptyCall", &testing.Empty{}, &testing.Empty{})
	})
	run("timeout_on_sleeping_server", func() error {
		// A method that waits for more than the one message of this library's calls: it sleeps until the deadline.
		ctx, cancel := context.WithTimeout(background, 500*time.Millisecond)
		defer cancel()
		err := client.Call(
			ctx, service, "StreamingInputCall", &testing.StreamingInputCallRequest{}, &testing.StreamingInputCallResponse{})
		if errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return wants(err, codes.DeadlineExceeded, "")
	})
	run("the connection is as good as before", func() error {
		return client.Call(background, service, "EmptyCall", &testing.Empty{}, &testing.Empty{})
	})
	if failed {
		os.Exit(1)
	}
}
