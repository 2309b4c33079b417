// Tests that the double responds over HTTP like AWS, on a real network and on an
// in-memory network.

package cfndouble_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/internal/cfndouble"
)

func TestOverHTTP(t *testing.T) {
	double := cfndouble.New()
	server := httptest.NewServer(double)
	defer server.Close()
	for _, test := range []struct {
		query  string
		status int
		parts  []string
	}{
		{"Action=GetCallerIdentity&Version=2011-06-15", 200, []string{"<GetCallerIdentityResult>", "<Account>123456789012</Account>"}},
		{"Action=DescribeStacks&StackName=none", 400, []string{"<Code>ValidationError</Code>", "Stack with id none does not exist"}},
		{"Action=Nothing", 400, []string{"<Code>InvalidAction</Code>"}},
		{"Action=CreateChangeSet&StackName=s&ChangeSetName=c&ChangeSetType=CREATE&TemplateBody=" + url.QueryEscape(`{"Resources":{"A":{"Type":"AWS::IAM::Role"}}}`), 400,
			[]string{"<Code>InsufficientCapabilitiesException</Code>", "Requires capabilities : [CAPABILITY_NAMED_IAM]"}},
	} {
		response, err := http.Post(server.URL, "application/x-www-form-urlencoded", strings.NewReader(test.query))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != test.status {
			t.Errorf("%s: status %d, %v", test.query, response.StatusCode, err)
		}
		for _, part := range test.parts {
			if !strings.Contains(string(body), part) {
				t.Errorf("%s: %s lacks %s", test.query, body, part)
			}
		}
	}
	if n := len(double.Mutations()); n != 0 {
		t.Errorf("%d mutations", n)
	}
}

// TestNetwork: over in-memory connections, responses break like on a real
// network, in the fake time of a bubble.
func TestNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		double := cfndouble.New()
		network := double.Network()
		defer network.Close()
		client := &http.Client{Transport: &http.Transport{DialContext: network.Dial, DisableKeepAlives: true}, Timeout: time.Minute}
		request := func(kind cfndouble.FaultKind, delay time.Duration) (string, error) {
			double.RemoveFaults()
			double.Break(cfndouble.Fault{Kind: kind, Delay: delay, Times: 1, Element: "Account"})
			response, err := client.Post("http://sts.test", "application/x-www-form-urlencoded", strings.NewReader("Action=GetCallerIdentity"))
			if err != nil {
				return "", err
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			return string(body), err
		}
		if _, err := request(cfndouble.Reset, 0); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a reset results in %v", err)
		}
		if body, err := request(cfndouble.Truncated, 0); err == nil || !strings.HasPrefix(body, "<GetCallerIdentityResponse>") {
			t.Errorf("a truncated response is %q, %v", body, err)
		}
		if body, err := request(cfndouble.Empty, 0); err != nil || body != "" {
			t.Errorf("an empty response is %q, %v", body, err)
		}
		if body, err := request(cfndouble.Lacking, 0); err != nil || strings.Contains(body, "<Account>") || !strings.Contains(body, "<Arn>") {
			t.Errorf("a response without an element is %q, %v", body, err)
		}
		start := time.Now()
		if _, err := request(cfndouble.Slow, 30*time.Second); err != nil || time.Since(start) != 30*time.Second {
			t.Errorf("a slow response took %v, %v", time.Since(start), err)
		}
		if _, err := request(cfndouble.Slow, 2*time.Minute); err == nil {
			t.Error("a response after the timeout was accepted")
		}
		before := double.Count("GetCallerIdentity")
		_, err := request(cfndouble.Late, time.Second)
		time.Sleep(2 * time.Second)
		if err == nil || double.Count("GetCallerIdentity") != before+2 {
			t.Errorf("a request that is carried out later: %v, %d requests", err, double.Count("GetCallerIdentity")-before)
		}
	})
}
