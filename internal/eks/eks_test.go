// Tests of the requests to EKS against its double: reads, changes, and every
// kind of fault.

package eks_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"capaboot/internal/awsclient"
	"capaboot/internal/eks"
	"capaboot/internal/eksdouble"
)

const (
	issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
	role   = "arn:aws:iam::111122223333:role/controllers"
)

func config(t *testing.T, variables map[string]string, region string) aws.Config {
	t.Helper()
	settings := awsclient.Settings{
		Lookup: func(name string) (string, bool) { value, ok := variables[name]; return value, ok },
		Region: region, Credentials: credentials.NewStaticCredentialsProvider(eksdouble.Keys.ID, eksdouble.Keys.Secret, ""),
		AttemptTimeout: time.Second, Attempts: 3, Pause: time.Millisecond,
	}
	c, err := settings.Config(t.Context(), eks.Service)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t *testing.T) (*eksdouble.Double, *eks.Client) {
	t.Helper()
	d := eksdouble.New(t)
	d.PutCluster("management", "https://ABC.gr7.eu-west-1.eks.amazonaws.com", issuer)
	d.PutAddon("management", "eks-pod-identity-agent", "ACTIVE")
	client, err := eks.New(config(t, map[string]string{"AWS_ENDPOINT_URL_EKS": d.URL}, eksdouble.Region))
	if err != nil {
		t.Fatal(err)
	}
	return d, client
}

func TestClusterAndAddon(t *testing.T) {
	_, c := start(t)
	cluster, err := c.Cluster(t.Context(), "management")
	if want := (eks.Cluster{Name: "management", ARN: "arn:aws:eks:eu-west-1:111122223333:cluster/management", Status: "ACTIVE", Issuer: issuer, Endpoint: "https://ABC.gr7.eu-west-1.eks.amazonaws.com"}); err != nil || cluster != want {
		t.Errorf("%+v, %v, want %+v", cluster, err, want)
	}
	addon, err := c.Addon(t.Context(), "management", "eks-pod-identity-agent")
	if err != nil || addon.Status != "ACTIVE" || addon.Version == "" || addon.Issues != nil {
		t.Errorf("%+v, %v", addon, err)
	}
	for what, err := range map[string]error{
		"cluster": errorOf(c.Cluster(t.Context(), "other")), "addon": errorOf(c.Addon(t.Context(), "management", "other")),
		"association": errorOf(c.Association(t.Context(), "management", "a-1")), "list": errorOf(c.Associations(t.Context(), "other", "a", "b")),
	} {
		if !eks.NotFound(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

func TestAssociations(t *testing.T) {
	d, c := start(t)
	ctx := t.Context()
	if all, err := c.Associations(ctx, "management", "capa-system", "manager"); err != nil || all != nil {
		t.Fatalf("%+v, %v", all, err)
	}
	created, err := c.CreateAssociation(ctx, "management", "capa-system", "manager", role)
	if err != nil || created.RoleARN != role || created.ID == "" || created.Modified.IsZero() {
		t.Fatalf("%+v, %v", created, err)
	}
	if _, err := c.CreateAssociation(ctx, "management", "capa-system", "manager", role); !eks.InUse(err) {
		t.Errorf("a second association of the service account: %v", err)
	}
	d.PutAssociation("management", "capa-system", "other", role)
	all, err := c.Associations(ctx, "management", "capa-system", "manager")
	if err != nil || len(all) != 1 || all[0] != created {
		t.Errorf("%+v, %v, want %+v", all, err, created)
	}
	updated, err := c.UpdateAssociation(ctx, "management", created.ID, role+"2")
	if err != nil || updated.RoleARN != role+"2" {
		t.Errorf("%+v, %v", updated, err)
	}
	d.ChangeAssociations(func(o eksdouble.Object) { o["targetRoleArn"], o["disableSessionTags"], o["policy"] = role, true, "{}" })
	if association, err := c.Association(ctx, "management", created.ID); err != nil || association.TargetRoleARN != role || !association.DisableSessionTags || !association.HasPolicy {
		t.Errorf("%+v, %v", association, err)
	}
}

// TestLostResponses checks that a request whose response is lost is sent again,
// and that only one association is created.
func TestLostResponses(t *testing.T) {
	for _, kind := range []eksdouble.Kind{eksdouble.Reset, eksdouble.Gateway, eksdouble.Empty, eksdouble.Portal, eksdouble.Outage} {
		d, c := start(t)
		d.Fail(eksdouble.Fault{Operation: "CreatePodIdentityAssociation", Kind: kind, Times: 2, After: true})
		if created, err := c.CreateAssociation(t.Context(), "management", "capa-system", "manager", role); err != nil || created.RoleARN != role || len(d.AssociatedRoles()) != 1 {
			t.Errorf("%s: %+v, %v; there are %v", kind, created, err, d.AssociatedRoles())
		}
	}
}

// TestFaults checks that every fault causes an error, and that the error does
// not claim that the object is missing.
func TestFaults(t *testing.T) {
	operations := map[string]func(context.Context, *eks.Client) error{
		"DescribeCluster": func(ctx context.Context, c *eks.Client) error { return errorOf(c.Cluster(ctx, "management")) },
		"DescribeAddon": func(ctx context.Context, c *eks.Client) error {
			return errorOf(c.Addon(ctx, "management", "eks-pod-identity-agent"))
		},
		"ListPodIdentityAssociations": func(ctx context.Context, c *eks.Client) error {
			return errorOf(c.Associations(ctx, "management", "capa-system", "manager"))
		},
		"DescribePodIdentityAssociation": func(ctx context.Context, c *eks.Client) error {
			return errorOf(c.Associations(ctx, "management", "capa-system", "manager"))
		},
		"CreatePodIdentityAssociation": func(ctx context.Context, c *eks.Client) error {
			return errorOf(c.CreateAssociation(ctx, "management", "x", "y", role))
		},
		"UpdatePodIdentityAssociation": func(ctx context.Context, c *eks.Client) error {
			return errorOf(c.UpdateAssociation(ctx, "management", "a-00000000000000001", role))
		},
	}
	for operation, call := range operations {
		for _, kind := range eksdouble.Kinds() {
			d, c := start(t)
			d.PutAssociation("management", "capa-system", "manager", role)
			d.Fail(eksdouble.Fault{Operation: operation, Kind: kind})
			err := call(t.Context(), c)
			if err == nil || eks.NotFound(err) {
				t.Errorf("%s, %s: %v", operation, kind, err)
				continue
			}
			_, api := errors.AsType[smithy.APIError](err)
			_, invalid := errors.AsType[*awsclient.InvalidResponse](err)
			_, connection := errors.AsType[*awsclient.ConnectionError](err)
			if !api && !invalid && !connection {
				t.Errorf("%s, %s: %T %v", operation, kind, err, err)
			}
			if strings.Contains(err.Error(), eksdouble.Keys.Secret) || strings.Contains(err.Error(), "<html") {
				t.Errorf("%s, %s: %v", operation, kind, err)
			}
			requests := 0
			for _, r := range d.Requests() {
				if r.Operation == operation {
					requests++
				}
			}
			if want := map[bool]int{true: 1, false: 3}[kind == eksdouble.Denied]; requests != want && kind != eksdouble.Reset || requests < want { // the transport itself retries some requests
				t.Errorf("%s, %s: %d requests, want %d", operation, kind, requests, want)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, c := start(t)
	if err := errorOf(c.Cluster(ctx, "management")); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

// TestResponsesAboutOtherObjects checks that a response about another object is
// an error.
func TestResponsesAboutOtherObjects(t *testing.T) {
	d, c := start(t)
	for field, value := range map[string]string{"name": "other", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/other", "status": ""} {
		d.PutCluster("management", "", issuer)
		d.ChangeCluster("management", func(o eksdouble.Object) { o[field] = value })
		if cluster, err := c.Cluster(t.Context(), "management"); err == nil || !strings.Contains(err.Error(), "unexpected response from EKS: the field cluster."+field+" is missing or has a wrong value") {
			t.Errorf("%s: %+v, %v", field, cluster, err)
		}
	}
	id := d.PutAssociation("management", "capa-system", "manager", role)
	d.ChangeAssociations(func(o eksdouble.Object) { o["roleArn"] = "controllers" })
	if association, err := c.Association(t.Context(), "management", id); err == nil {
		t.Errorf("a role that is not an ARN: %+v", association)
	}
}

func TestRequestsAreSigned(t *testing.T) {
	d, c := start(t)
	if _, err := c.Associations(t.Context(), "management", "capa-system", "manager"); err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(d.Requests(), func(r eksdouble.Request) bool { return r.Signer != eksdouble.Keys.ID }); i >= 0 {
		t.Errorf("%+v is not signed", d.Requests()[i])
	}
}

func TestEndpoints(t *testing.T) {
	for _, test := range []struct{ region, variable, want string }{
		{"eu-west-1", "", "https://eks.eu-west-1.amazonaws.com"},
		{"eu-west-1", "AWS_USE_FIPS_ENDPOINT", "https://fips.eks.eu-west-1.amazonaws.com"},
		{"eu-west-1", "AWS_USE_DUALSTACK_ENDPOINT", "https://eks.eu-west-1.api.aws"},
		{"us-gov-west-1", "AWS_USE_FIPS_ENDPOINT", "https://eks.us-gov-west-1.amazonaws.com"},
		{"cn-north-1", "", "https://eks.cn-north-1.amazonaws.com.cn"},
		{"cn-north-1", "AWS_USE_DUALSTACK_ENDPOINT", "https://eks.cn-north-1.api.amazonwebservices.com.cn"},
		{"cn-north-1", "AWS_USE_FIPS_ENDPOINT", "EKS has no FIPS endpoint in the partition aws-cn"},
		{"us-iso-east-1", "", "the EKS endpoint of partition aws-iso is unknown; set AWS_ENDPOINT_URL_EKS"},
	} {
		got, err := eks.Endpoint(config(t, map[string]string{test.variable: "true"}, test.region))
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s with %s: %s, want %s", test.region, test.variable, got, test.want)
		}
	}
}

// TestAssociationsThatWereNotRequested checks that a response with an
// association other than the requested one is an error.
func TestAssociationsThatWereNotRequested(t *testing.T) {
	for name, change := range map[string]func(eksdouble.Object){
		"another role":            func(o eksdouble.Object) { o["roleArn"] = role + "2" },
		"another namespace":       func(o eksdouble.Object) { o["namespace"] = "other" },
		"another service account": func(o eksdouble.Object) { o["serviceAccount"] = "other" },
		"another cluster":         func(o eksdouble.Object) { o["clusterName"] = "other" },
	} {
		d, c := start(t)
		d.OnCreate(change)
		if created, err := c.CreateAssociation(t.Context(), "management", "capa-system", "manager", role); err == nil {
			t.Errorf("%s: %+v", name, created)
		}
	}
}
