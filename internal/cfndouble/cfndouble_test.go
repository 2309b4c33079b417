// Tests that the double answers over real HTTP as AWS does.

package cfndouble_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"capaboot/internal/cfndouble"
)

func TestOverHTTP(t *testing.T) {
	double := cfndouble.New()
	server := httptest.NewServer(double)
	defer server.Close()
	for _, test := range []struct {
		form   string
		status int
		parts  []string
	}{
		{"Action=GetCallerIdentity&Version=2011-06-15", 200, []string{"<GetCallerIdentityResult>", "<Account>123456789012</Account>"}},
		{"Action=DescribeStacks&StackName=none", 400, []string{"<Code>ValidationError</Code>", "Stack with id none does not exist"}},
		{"Action=Nothing", 400, []string{"<Code>InvalidAction</Code>"}},
		{"Action=CreateChangeSet&StackName=s&ChangeSetName=c&ChangeSetType=CREATE&TemplateBody=" + url.QueryEscape(`{"Resources":{"A":{"Type":"AWS::IAM::Role"}}}`), 400,
			[]string{"<Code>InsufficientCapabilitiesException</Code>", "Requires capabilities : [CAPABILITY_NAMED_IAM]"}},
	} {
		response, err := http.Post(server.URL, "application/x-www-form-urlencoded", strings.NewReader(test.form))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != test.status {
			t.Errorf("%s: status %d, %v", test.form, response.StatusCode, err)
		}
		for _, part := range test.parts {
			if !strings.Contains(string(body), part) {
				t.Errorf("%s: %s lacks %s", test.form, body, part)
			}
		}
	}
	if n := len(double.Mutations()); n != 0 {
		t.Errorf("%d mutations", n)
	}
}
