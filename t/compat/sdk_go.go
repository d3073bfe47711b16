// sdk_go.go HOST:PORT SCHEME ID: AWS's SDK for Go, v2, against @connections,
// which wants it signed; a line of JSON for each check, read by t/sdk_signed.t,
// which is the client.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/aws/smithy-go"
)

func check(name string, ok bool, got interface{}) {
	line, _ := json.Marshal(map[string]interface{}{
		"name": name, "ok": ok, "got": fmt.Sprint(got)})
	fmt.Println(string(line))
}

func sdk(url, key, secret string) *api.Client {
	return api.New(api.Options{
		Region:           "us-east-1",
		EndpointResolver: api.EndpointResolverFromURL(url),
		Retryer:          aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(
			func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: key,
					SecretAccessKey: secret}, nil
			}),
	})
}

func post(client *api.Client, id *string, data []byte) error {
	_, err := client.PostToConnection(context.Background(),
		&api.PostToConnectionInput{ConnectionId: id, Data: data})
	return err
}

func fails(what, code string, err error) {
	var failure smithy.APIError
	check(what, errors.As(err, &failure) && failure.ErrorCode() == code, err)
}

func main() {
	url := os.Args[2] + "://" + os.Args[1] + "/prod"
	id := aws.String(os.Args[3])
	ctx := context.Background()
	client := sdk(url, "AKIDEXAMPLE", "secret")

	err := post(client, id, []byte("hello"))
	check("a text is posted", err == nil, err)
	err = post(sdk(url+"/", "SECOND", "more"), id,
		bytes.Repeat([]byte("x"), 131072))
	check("128 KB, too, by an endpoint that ends in a slash", err == nil, err)

	described, err := client.GetConnection(ctx,
		&api.GetConnectionInput{ConnectionId: id})
	check("described", err == nil &&
		*described.Identity.SourceIp == "127.0.0.1" &&
		time.Since(*described.ConnectedAt) < time.Minute, err)

	fails("a byte too many", "PayloadTooLargeException",
		post(client, id, make([]byte, 131073)))
	fails("a wrong secret", "InvalidSignatureException",
		post(sdk(url, "AKIDEXAMPLE", "other"), id, []byte("x")))
	fails("an unknown key", "UnrecognizedClientException",
		post(sdk(url, "NOBODY", "secret"), id, []byte("x")))

	_, err = client.DeleteConnection(ctx,
		&api.DeleteConnectionInput{ConnectionId: id})
	check("closed", err == nil, err)

	var gone *types.GoneException
	err = post(client, id, []byte("x"))
	check("gone", errors.As(err, &gone), err)
}
