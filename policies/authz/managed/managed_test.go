// Tests of the AWS managed policies: each has a valid document, and
// those of CAPA's roles are included.

package managed

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/catalog"
)

func TestDocuments(t *testing.T) {
	_, all := paths.Get()
	if len(all) < 1000 || !slices.IsSorted(all) {
		t.Errorf("%d paths, sorted: %v", len(all), slices.IsSorted(all))
	}
	for _, path := range all {
		arn := "arn:aws:iam::aws:policy/" + path
		p, ok := Lookup(arn)
		byName, okByName := Lookup(nameOf(path))
		if !ok || !okByName || p != byName || p.ARNSuffix != path {
			t.Errorf("%s: found %v and %v: %+v and %+v", path, ok, okByName, p, byName)
		}
		read, ok := Read(arn)
		if !ok || read.Name != nameOf(path) || read.Document.Version != catalog.DocumentVersion || len(read.Document.Statements) == 0 {
			t.Errorf("%s: read %v, %+v", path, ok, read.Document)
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
		{"ARN suffix", ""},
		{"service-role/AmazonEBSCSIDriverPolicy", ""},
		{"v3\t2023-11-27", ""},
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
		{"AmazonEKS_CNI_Policy", "", false}, // IAM refuses a name
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
