// Tests of the requests to EKS and IAM: missing objects, faults, and trust
// policies.

package podaccess_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"

	"capaboot/controller/move"
	"capaboot/internal/awsclient"
	"capaboot/internal/eksdouble"
	"capaboot/internal/podaccess"
)

// account returns configurations whose requests go to the double.
type account struct{ aws *eksdouble.Double }

func (a account) Config(ctx context.Context, service string) (aws.Config, error) {
	settings := awsclient.Settings{
		Lookup: func(name string) (string, bool) { value, ok := a.aws.Environment()[name]; return value, ok },
		Region: eksdouble.Region, Credentials: awscredentials.NewStaticCredentialsProvider(eksdouble.Keys.ID, eksdouble.Keys.Secret, ""),
		AttemptTimeout: time.Minute, Attempts: 1, Pause: time.Millisecond,
	}
	return settings.Config(ctx, service)
}

func open(t *testing.T) (*eksdouble.Double, *podaccess.EKS, *podaccess.IAM) {
	t.Helper()
	d := eksdouble.New(t)
	eks, err := podaccess.NewEKS(t.Context(), account{d})
	if err != nil {
		t.Fatal(err)
	}
	iam, err := podaccess.NewIAM(t.Context(), account{d})
	if err != nil {
		t.Fatal(err)
	}
	return d, eks, iam
}

func TestMissingObjects(t *testing.T) {
	d, eks, iam := open(t)
	ctx := t.Context()
	if _, err := eks.Cluster(ctx, "management"); !errors.As(err, new(*move.NoCluster)) {
		t.Errorf("no cluster: %v", err)
	}
	d.PutCluster("management", "", eksdouble.Issuer)
	if agent, err := eks.Agent(ctx, "management"); agent != nil || err != nil {
		t.Errorf("no agent: %+v, %v", agent, err)
	}
	if found, err := eks.Association(ctx, "management", "a", "b"); found != nil || err != nil {
		t.Errorf("no association: %+v, %v", found, err)
	}
	if all, err := eks.Associations("management", "https://other.test")(ctx, "a", "b"); all == nil || len(all) > 0 || err != nil {
		t.Errorf("no associations: %+v, %v", all, err)
	}
	if _, err := iam.Role(ctx, "x"); !errors.As(err, new(*move.NoRole)) {
		t.Errorf("no role: %v", err)
	}
	if _, exists, err := iam.Provider(ctx, eksdouble.Provider); exists || err != nil {
		t.Errorf("no provider: %t, %v", exists, err)
	}
}

// TestFaults checks that every fault causes an error, and that the error does
// not claim that the object is missing.
func TestFaults(t *testing.T) {
	for operation, do := range map[string]func(context.Context, *podaccess.EKS, *podaccess.IAM) error{
		"DescribeCluster": func(ctx context.Context, e *podaccess.EKS, _ *podaccess.IAM) error {
			_, err := e.Cluster(ctx, "management")
			return err
		},
		"DescribeAddon": func(ctx context.Context, e *podaccess.EKS, _ *podaccess.IAM) error {
			_, err := e.Agent(ctx, "management")
			return err
		},
		"ListPodIdentityAssociations": func(ctx context.Context, e *podaccess.EKS, _ *podaccess.IAM) error {
			_, err := e.Association(ctx, "management", "a", "b")
			return err
		},
		"CreatePodIdentityAssociation": func(ctx context.Context, e *podaccess.EKS, _ *podaccess.IAM) error {
			_, _, err := e.CreateAssociation(ctx, "management", "a", "b", eksdouble.RoleARN)
			return err
		},
		"GetRole": func(ctx context.Context, _ *podaccess.EKS, i *podaccess.IAM) error {
			_, err := i.Role(ctx, eksdouble.RoleName)
			return err
		},
		"GetOpenIDConnectProvider": func(ctx context.Context, _ *podaccess.EKS, i *podaccess.IAM) error {
			_, _, err := i.Provider(ctx, eksdouble.Provider)
			return err
		},
	} {
		for _, kind := range eksdouble.Kinds() {
			d, eks, iam := open(t)
			d.PutCluster("management", "", eksdouble.Issuer)
			d.PutRole(eksdouble.RoleName, eksdouble.TrustPodIdentity)
			d.PutProvider(eksdouble.Provider)
			d.Fail(eksdouble.Fault{Operation: operation, Kind: kind})
			err := do(t.Context(), eks, iam)
			if err == nil || errors.As(err, new(*move.NoCluster)) || errors.As(err, new(*move.NoRole)) || strings.Contains(err.Error(), "<html") {
				t.Errorf("%s, %s: %v", operation, kind, err)
			}
			// Only these faults show that EKS rejected the request, so that it changed nothing.
			if isRejected := errors.As(err, new(*move.Rejected)); isRejected != (operation == "CreatePodIdentityAssociation" && (kind == eksdouble.Denied || kind == eksdouble.Throttled)) {
				t.Errorf("%s, %s: marked as rejected: %t", operation, kind, isRejected)
			}
		}
	}
}

func TestTrustPolicies(t *testing.T) {
	d, _, iam := open(t)
	cluster := move.EKSCluster{ARN: "arn:aws:eks:eu-west-1:111122223333:cluster/management"}
	target := move.Target{Method: move.PodIdentity, Namespace: "capa-system", ServiceAccount: "capa-controller-manager"}
	for trust, want := range map[string]string{eksdouble.TrustPodIdentity: "", eksdouble.TrustEC2: "no statement of the trust policy allows the request", "{": "evaluating the trust policy of role", `{"Statement": 1}`: "evaluating the trust policy of role"} {
		d.PutRole(eksdouble.RoleName, trust)
		role, err := iam.Role(t.Context(), eksdouble.RoleName)
		if err != nil {
			t.Fatal(err)
		}
		trusted, err := iam.Trusts(role, target, cluster, "", false)
		if text := trusted.Reason; err != nil && !strings.Contains(err.Error(), want) || err == nil && (!strings.Contains(text, want) || trusted.Allowed != (want == "")) {
			t.Errorf("%s: %+v, %v", trust, trusted, err)
		}
	}
}

// silent is a network that loses every packet, for clients with the time limits
// of the commands.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func (s silent) Config(ctx context.Context, service string) (aws.Config, error) {
	return awsclient.Settings{
		Region: eksdouble.Region, Credentials: awscredentials.NewStaticCredentialsProvider(eksdouble.Keys.ID, eksdouble.Keys.Secret, ""),
		Transport: s, AttemptTimeout: 15 * time.Second, Attempts: 3, Pause: time.Second,
	}.Config(ctx, service)
}

// If EKS does not respond, the report of "controller status" and the plan of a move
// wait for only one attempt, not for all three.
func TestReadsTakeLittleTime(t *testing.T) {
	for name, read := range map[string]func(context.Context, *podaccess.EKS) error{
		"associations for a report": func(ctx context.Context, eks *podaccess.EKS) error {
			_, err := eks.Associations("management", "")(ctx, "a", "b")
			return err
		},
		"cluster": func(ctx context.Context, eks *podaccess.EKS) error {
			_, err := eks.Cluster(ctx, "management")
			return err
		},
		"association": func(ctx context.Context, eks *podaccess.EKS) error {
			_, err := eks.Association(ctx, "management", "a", "b")
			return err
		},
		"agent": func(ctx context.Context, eks *podaccess.EKS) error {
			_, err := eks.Agent(ctx, "management")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				eks, err := podaccess.NewEKS(t.Context(), silent{})
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				err = read(t.Context(), eks)
				if took := time.Since(start); err == nil || !strings.Contains(err.Error(), "no response") || took > 20*time.Second {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
}
