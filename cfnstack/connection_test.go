// Tests of the messages when CloudFormation cannot be reached.

package cfnstack_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"capaboot/cfnstack"
	"capaboot/internal/awsclient"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (d roundTrip) Do(r *http.Request) (*http.Response, error) { return d(r) }

// TestUnreachableAddress: the retry messages and the error name the proxy and
// the address that cannot be reached.
func TestUnreachableAddress(t *testing.T) {
	refusal := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	throughProxy := func(*http.Request) (*url.URL, error) {
		return url.Parse("http://user:FALSESECRET@proxy.test:3128")
	}
	for _, test := range []struct {
		name string
		fail roundTrip
		want string
	}{
		{"a closed port", func(r *http.Request) (*http.Response, error) {
			return nil, awsclient.NewConnectionError(r, nil, 0, refusal)
		}, "connecting to cloudformation.test:443: connection refused"},
		{"no answer", func(r *http.Request) (*http.Response, error) {
			return nil, awsclient.NewConnectionError(r, nil, 15*time.Second, context.DeadlineExceeded)
		}, "connecting to cloudformation.test:443: no response within 15s"},
		{"a proxy", func(r *http.Request) (*http.Response, error) {
			return nil, awsclient.NewConnectionError(r, throughProxy, 0, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: refusal})
		}, "connecting to cloudformation.test:443 through proxy proxy.test:3128: cannot connect to the proxy (connection refused)"},
		{"another client", func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: "https://cloudformation.test/?FALSESECRET", Err: refusal}
		}, "connecting to cloudformation.test: connection refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reports := 0
				m := &cfnstack.Manager{
					API: cfnstack.APIOf(cloudformation.New(cloudformation.Options{
						Region: "eu-west-1", BaseEndpoint: aws.String("https://cloudformation.test"), HTTPClient: test.fail, Credentials: aws.AnonymousCredentials{},
					})),
					Observe: func(p cfnstack.Progress) {
						reports++
						wantText(t, errors.New(p.Problem), "no response from CloudFormation: "+test.want)
					},
				}
				_, err := m.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
				wantText(t, err, "describing stack capa: no response from CloudFormation: "+test.want)
				if reports == 0 || strings.Contains(err.Error(), "FALSESECRET") {
					t.Errorf("%d reports, and the error %v", reports, err)
				}
			})
		})
	}
}
