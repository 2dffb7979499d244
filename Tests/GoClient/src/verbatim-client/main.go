// Calls Verbatim's gateway as any Go service can: containerd's ttrpc library over mutual TLS, messages
// generated from proto-spec. Prints one line of JSON for each call.
//
//	verbatim-client -addr HOST:PORT -ca ca.pem -cert me.pem -key me.key submit URL | job ID | search TEXT ...
//
// Several commands may follow one another; all go over one connection. Exit status: 0, 1 when a call
// failed (its line has code and message), 2 for wrong usage or no connection.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/status"
	gateway "verbatim/gateway/v1"
	content "verbatim/v1"
)

const service = "verbatim.gateway.v1.GatewayService"

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "verbatim-client: "+format+"\n", arguments...)
	os.Exit(2)
}

func configuration(ca, certificate, key, name string) *tls.Config {
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
		MinVersion: tls.VersionTLS13, RootCAs: authorities, ServerName: name,
		Certificates: []tls.Certificate{pair},
	}
}

func call(client *ttrpc.Client, method string, request, response interface{}, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	ctx = ttrpc.WithMetadata(ctx, ttrpc.MD{"client": []string{"go"}})
	line := map[string]interface{}{"method": method}
	err := client.Call(ctx, service, method, request, response)
	if err != nil {
		line["code"] = status.Code(err).String()
		line["message"] = status.Convert(err).Message()
	} else {
		line["response"] = response
	}
	text, marshalError := json.Marshal(line)
	if marshalError != nil {
		fail("%v", marshalError)
	}
	fmt.Println(string(text))
	return err == nil
}

func main() {
	address := flag.String("addr", "", "HOST:PORT of a gateway")
	ca := flag.String("ca", "", "PEM file of the authority")
	certificate := flag.String("cert", "", "PEM file of this client's certificate")
	key := flag.String("key", "", "PEM file of its key")
	name := flag.String("servername", "localhost", "name that the gateway's certificate carries")
	timeout := flag.Duration("timeout", 10*time.Second, "deadline of each call")
	flag.Parse()
	if *address == "" || flag.NArg() == 0 || flag.NArg()%2 != 0 {
		fail("usage: verbatim-client -addr HOST:PORT -ca F -cert F -key F (submit URL | job ID | search TEXT) ...")
	}
	connection, err := tls.Dial("tcp", *address, configuration(*ca, *certificate, *key, *name))
	if err != nil {
		fail("%v", err)
	}
	client := ttrpc.NewClient(connection)
	defer client.Close()
	succeeded := true
	for i := 0; i < flag.NArg(); i += 2 {
		argument := flag.Arg(i + 1)
		switch flag.Arg(i) {
		case "submit":
			request := &gateway.SubmitPlaylistRequest{Url: argument}
			succeeded = call(client, "SubmitPlaylist", request, &gateway.SubmitPlaylistResponse{}, *timeout) && succeeded
		case "job":
			request := &gateway.GetJobRequest{JobId: argument}
			succeeded = call(client, "GetJob", request, &gateway.GetJobResponse{}, *timeout) && succeeded
		case "search":
			request := &gateway.SearchRequest{Query: &content.SearchQuery{Text: argument}}
			succeeded = call(client, "Search", request, &gateway.SearchResponse{}, *timeout) && succeeded
		default:
			fail("no command %q; there are submit, job and search", flag.Arg(i))
		}
	}
	if !succeeded {
		os.Exit(1)
	}
}
