// Tests of the client for REST APIs: retries, signatures, and errors without
// secrets.

package awsclient_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"capaboot/internal/awsclient"
)

const restSecret, restToken = "FALSESECRETOFTHETESTFALSESECRETOFTHETEST", "FALSETOKEN/OFTHETEST+FALSETOKENOFTHETEST=="

// restAt returns a client of a server with this handler, which gets the number
// of the request, from 1.
func restAt(t *testing.T, respond func(w http.ResponseWriter, r *http.Request, n int)) awsclient.REST {
	t.Helper()
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n++; respond(w, r, n) }))
	t.Cleanup(server.Close)
	config, err := awsclient.Settings{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("ASIAFALSEKEYEXAMPLE0", restSecret, restToken),
		AttemptTimeout: time.Minute, Attempts: 3, Pause: time.Millisecond}.Config(t.Context(), "EKS")
	if err != nil {
		t.Fatal(err)
	}
	config.BaseEndpoint = aws.String(server.URL + "/")
	return awsclient.REST{Config: config, Service: "EKS", Signing: "eks"}
}

// The fields of two incomplete responses are not merged.
func TestAttemptsAreIndependent(t *testing.T) {
	r := restAt(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		_, _ = io.WriteString(w, []string{`{"a": "1"}`, `{"b": "2"}`, `{"a": "3"}`}[min(n, 3)-1])
	})
	var out struct{ A, B string }
	err := r.Do(t.Context(), awsclient.Call{Operation: "X", Method: http.MethodGet, Path: "/x"}, &out, func() string {
		if out.A == "" || out.B == "" {
			return "no a or b in it"
		}
		return ""
	})
	if err == nil {
		t.Errorf("two incomplete responses are combined to %+v", out)
	}
}

// Errors show neither the secrets nor the signature of the request.
func TestRESTErrorsHideTheRequest(t *testing.T) {
	for name, respond := range map[string]func(w http.ResponseWriter, r *http.Request){
		"JSON that quotes the headers": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"message": %q}`, "refused: "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Amz-Security-Token")+" The Canonical String for this request should have been x-amz-security-token:"+restToken)
		},
		"a page that quotes the headers": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprintf(w, "<html>%s</html>", r.Header)
		},
		"a code that contains a token": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amzn-Errortype", restToken)
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{}`)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+strings.ToLower(restSecret)+".invalid/", http.StatusFound)
		},
	} {
		r := restAt(t, func(w http.ResponseWriter, r *http.Request, _ int) { respond(w, r) })
		var out struct{}
		err := r.Do(t.Context(), awsclient.Call{Operation: "DescribeCluster", Method: http.MethodPost, Path: "/x", Input: map[string]string{"roleArn": "x"}}, &out, func() string { return "" })
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, secret := range []string{restSecret, restToken, "Signature=", strings.ToLower(restSecret)} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The SDK's retryer decides which errors are retried. A request without a body
// has no Content-Type.
func TestRESTRequests(t *testing.T) {
	for code, want := range map[string]int{"ThrottlingException": 3, "ServerException": 3, "ResourceNotFoundException": 1, "AccessDeniedException": 1} {
		requests := 0
		r := restAt(t, func(w http.ResponseWriter, r *http.Request, n int) {
			requests = n
			if r.Header.Get("Content-Type") != "" || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") || r.Header.Get("X-Amz-Security-Token") != restToken || r.URL.String() != "/clusters/x?a=b" {
				t.Errorf("%s %v", r.URL, r.Header)
			}
			w.Header().Set("X-Amzn-Errortype", "com.amazonaws.eks#"+code+":http://internal.amazon.com/")
			w.WriteHeader(map[bool]int{true: 500, false: 400}[code == "ServerException"])
			fmt.Fprint(w, `{"Message": "no"}`)
		})
		var out struct{}
		err := r.Do(t.Context(), awsclient.Call{Operation: "X", Method: http.MethodGet, Path: "/clusters/x", Query: map[string][]string{"a": {"b"}}}, &out, func() string { return "" })
		if !awsclient.HasCode(err, code) || err.Error() != "EKS X: "+code+": no" || requests != want {
			t.Errorf("%s: %v, %d requests, want %d", code, err, requests, want)
		}
	}
}
