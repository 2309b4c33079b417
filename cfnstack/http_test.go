// Tests over real HTTP, with the faults of real connections.

package cfnstack_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

func TestFaultsOverHTTP(t *testing.T) {
	t.Parallel()
	// All run at once, because they mostly wait.
	var all sync.WaitGroup
	for _, kind := range []cfndouble.FaultKind{
		cfndouble.Unavailable, cfndouble.Throttled, cfndouble.Reset, cfndouble.Lost, cfndouble.HTML, cfndouble.Portal, cfndouble.Slow,
	} {
		all.Go(func() {
			double := cfndouble.New()
			double.Duration, double.ChangeSetTime = 100*time.Millisecond, 0
			server := httptest.NewServer(double)
			defer server.Close()
			for _, operation := range []string{"CreateChangeSet", "ExecuteChangeSet", "DescribeStackEvents"} {
				double.Break(cfndouble.Fault{Operation: operation, Kind: kind, Times: 1, Delay: 100 * time.Millisecond})
			}
			m := cfnstack.Manager{API: cfnstack.APIOf(cloudformation.New(cloudformation.Options{
				Region: "eu-west-1", BaseEndpoint: &server.URL,
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: "FALSESECRET"}, nil
				}),
			}))}
			outcome, err := m.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B"), Tags: map[string]string{"a": "b"}})
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				return
			}
			wantEqual(t, string(kind)+": result", outcome.Result, cfnstack.ResultCreated)
			wantEqual(t, string(kind)+": resources", len(outcome.Stack.Resources), 2)
			wantEqual(t, string(kind)+": tag", outcome.Stack.Tags["a"], "b")
			wantEqual(t, string(kind)+": executed", len(double.Mutations()), 1)
		})
	}
	all.Wait()
}
