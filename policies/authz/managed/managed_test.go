// Tests of the embedded AWS managed policies: each has a valid document, and
// those of CAPA's roles are included.

package managed

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/authz"
	"capaboot/policies/catalog"
)

func TestDocuments(t *testing.T) {
	files, err := documents.ReadDir("documents")
	if err != nil || len(files) != len(loadPolicies.Get()) || len(files) < 20 {
		t.Errorf("%d documents for %d policies (%v)", len(files), len(loadPolicies.Get()), err)
	}
	for _, p := range loadPolicies.Get() {
		text, err := p.Document()
		if err != nil {
			t.Error(err)
			continue
		}
		var document struct {
			Version   string
			Statement []struct {
				Effect            string
				Action, NotAction any
			}
		}
		if err := json.Unmarshal(text, &document); err != nil || document.Version != catalog.DocumentVersion || len(document.Statement) == 0 {
			t.Errorf("%s: version %q, %d statements, %v", p.Name, document.Version, len(document.Statement), err)
		}
		for _, s := range document.Statement {
			actions, _ := s.Action.([]any)
			if action, ok := s.Action.(string); ok {
				actions = append(actions, action)
			}
			for _, a := range actions {
				if name, ok := a.(string); !ok || len(authz.Match(name)) == 0 {
					t.Logf("%s: %v is not an action of the reference", p.Name, a)
				}
			}
		}
	}
}

func TestPoliciesOfCatalog(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Roles {
		for _, a := range r.Attachments {
			if _, ok := Lookup(a.Name); !ok && a.Name != catalog.ExtraAttachments {
				t.Errorf("%s attaches %s, which is not embedded", r.Name, a.Name)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodePolicy"},
		{"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodePolicy"},
		{"arn:aws-cn:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy", "AmazonEBSCSIDriverPolicy"},
		{"arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicy", ""},
		{"arn:aws:iam::123456789012:policy/AmazonEKSWorkerNodePolicy", ""},
		{"arn:aws:s3::aws:policy/AmazonEKSWorkerNodePolicy", ""},
		{"arn:aws:iam::aws:role/AmazonEKSWorkerNodePolicy", ""},
		{"arn:aws", ""},
		{"Nothing", ""},
		{"", ""},
	} {
		p, ok := Lookup(test.name)
		if ok != (test.want != "") || ok && p.Name != test.want {
			t.Errorf("Lookup(%q) is %+v, %t", test.name, p, ok)
		}
	}
	p, _ := Lookup("AmazonEKSWorkerNodePolicy")
	if p.ARNSuffix != "AmazonEKSWorkerNodePolicy" || p.Version != "v3" {
		t.Errorf("got %s, %s", p.ARNSuffix, p.Version)
	}
	text, err := p.Document()
	if err != nil || !strings.Contains(string(text), `"eks-auth:AssumeRoleForPodIdentity"`) {
		t.Errorf("got %s and %v", text, err)
	}
	if !slices.IsSortedFunc(loadPolicies.Get(), func(a, b Policy) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("policies are not sorted")
	}
}

func TestCheckPath(t *testing.T) {
	for _, test := range []struct {
		path, closest        string
		known, serviceLinked bool
	}{
		{"AmazonEC2FullAccess", "", true, false},
		{"service-role/AmazonEBSCSIDriverPolicy", "", true, false},
		{"job-function/ViewOnlyAccess", "", true, false},
		{"aws-service-role/AutoScalingServiceRolePolicy", "", true, true},
		{"AmazonEBSCSIDriverPolicy", "service-role/AmazonEBSCSIDriverPolicy", false, false},
		{"ViewOnlyAccess", "job-function/ViewOnlyAccess", false, false},
		{"service-role/AmazonEC2FullAccess", "AmazonEC2FullAccess", false, false},
		{"AmazonSSMManagedInstanceCor", "AmazonSSMManagedInstanceCore", false, false},
		{"amazonec2fullaccess", "AmazonEC2FullAccess", false, false},
		{"AmazonEKSCNIPolicy", "AmazonEKS_CNI_Policy", false, false},
		{"NoPolicyHasThisNameAtAll12345", "", false, false},
		{"AutoScalingServiceRolePolicy", "", false, true},
		{"AutoScalingServiceRolePolic", "", false, false},
		{"", "", false, false},
	} {
		got := CheckPath(test.path)
		if got.Known != test.known || got.Closest != test.closest || got.ServiceLinked != test.serviceLinked || len(got.Date) != len("2026-01-02") {
			t.Errorf("%q: %+v", test.path, got)
		}
	}
	_, all := paths.Get()
	if len(all) < 1000 || !slices.IsSorted(all) {
		t.Errorf("%d paths, sorted: %v", len(all), slices.IsSorted(all))
	}
	for _, p := range loadPolicies.Get() {
		if !CheckPath(p.ARNSuffix).Known {
			t.Errorf("%s is embedded but not in the list", p.ARNSuffix)
		}
	}
}

// In another partition, the ARNs in a document have that partition.
func TestReadInOtherPartitions(t *testing.T) {
	const published = "arn:aws:ec2:*:*:network-interface/*"
	for _, test := range []struct {
		arn, want string // want is the resource of the last statement; "" if the policy is unknown
		assumed   bool
	}{
		{"arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy", published, false},
		{"arn:${AWS::Partition}:iam::aws:policy/AmazonEKS_CNI_Policy", published, false},
		{"arn:aws-us-gov:iam::aws:policy/AmazonEKS_CNI_Policy", strings.Replace(published, "aws", "aws-us-gov", 1), true},
		{"arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy", strings.Replace(published, "aws", "aws-cn", 1), true},
		{"arn:aws-us-gov:iam::aws:policy/AmazonEKSWorkerNodePolicy", "*", false},
		{"arn:aws-us-gov:iam::123456789012:policy/AmazonEKS_CNI_Policy", "", false},
	} {
		got, ok := Read(test.arn)
		if ok != (test.want != "") || IsAssumed(test.arn) != test.assumed {
			t.Errorf("%s: known %v, assumed %v", test.arn, ok, IsAssumed(test.arn))
		}
		if !ok {
			continue
		}
		statements := got.Document.Statements
		if resources := statements[len(statements)-1].Resources; len(resources) != 1 || resources[0] != test.want {
			t.Errorf("%s: resources %q, want %s", test.arn, resources, test.want)
		}
	}
}
