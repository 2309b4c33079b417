// Tests of the comparison: an account as configured, each kind of difference,
// permissions, many pages, and access keys.

package verify

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"capaboot/iam"
	"capaboot/internal/stacktemplate"
	"capaboot/policies/catalog"
	"capaboot/policies/source"
)

const (
	roleNodes, policyNodes     = "AWSIAMRoleNodes", "AWSIAMManagedPolicyCloudProviderNodes"
	userBootstrap, groupOfUser = "AWSIAMUserBootstrapper", "AWSIAMGroupBootstrapper"
	handPolicy                 = "arn:aws:iam::123456789012:policy/hand"
	boundary                   = "arn:aws:iam::123456789012:policy/limit"
)

// allows returns a policy document that allows an action, as JSON values.
func allows(action string) any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": []any{action}, "Resource": []any{"*"}}}}
}

// differences returns the differences as "kind logicalID what".
func differences(r *Result) []string {
	var all []string
	for _, d := range r.Differences {
		all = append(all, strings.TrimRight(string(d.Kind)+" "+d.LogicalID+" "+d.What, " "))
	}
	return all
}

func (w *world) put(f *iam.ResourceState) {
	f.Path = "/"
	w.all[f.Type+" "+f.Name] = f
}

func (w *world) remove(f *iam.ResourceState) { delete(w.all, f.Type+" "+f.Name) }

// TestStackWithTemplateInYAML checks that a stack is up to date if its template
// is the configuration's in another form.
func TestStackWithTemplateInYAML(t *testing.T) {
	w := newWorld(t, strings.Replace(everything, "tags: {team: capa}", `tags: {team: capa, own: "true", since: "2026-01-02"}`, 1))
	text := inYAML(t, w.in.Stack.Template)
	short := regexp.MustCompile(`- "Ref": (\S+)`).ReplaceAllString(text, "- !Ref $1")
	plain := strings.NewReplacer(`"true"`, "true", `"2026-01-02"`, "2026-01-02").Replace(text)
	if short == text || plain == text {
		t.Fatalf("the template has no references or tags:\n%s", text)
	}
	const own, since = `{"Key":"own","Value":"true"}`, `{"Key":"since","Value":"2026-01-02"}`
	reordered := strings.NewReplacer(own, since, since, own).Replace(w.in.Stack.Template)
	if reordered == w.in.Stack.Template {
		t.Fatalf("the template has no tags:\n%s", reordered)
	}
	for _, text := range []string{text, short, plain, reordered} {
		w.in.Stack.Template = text
		if got := w.read(); !got.Same() {
			t.Errorf("%v, %+v in the template:\n%s", differences(got), got.NotRead, text)
		}
	}
}

func TestAccountAsConfigured(t *testing.T) {
	w := newWorld(t, everything)
	got := w.read()
	if !got.Same() || !got.Permissions.Empty() || got.Checked != len(w.in.Stack.Resources) || got.Outdated {
		t.Errorf("differences %v, notRead %v, permissions %+v, %d checked", differences(got), got.NotRead, got.Permissions.Principals, got.Checked)
	}
	// The same effect, written differently.
	nodes := w.resource(roleNodes)
	nodes.Trust = map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Sid": "x", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": []any{"ec2.amazonaws.com"}}}}
	nodes.Inline[0].Document = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "s3:getobject", "Resource": "*"}}}
	// Tags that come from the stack and from CloudFormation.
	w.in.Tags, w.in.Stack.Tags = map[string]string{"cost": "1"}, map[string]string{"cost": "1"}
	nodes.Tags = map[string]string{"team": "capa", "cost": "1", "aws:cloudformation:stack-name": stackName}
	if got := w.read(); !got.Same() || !got.Permissions.Empty() {
		t.Errorf("same effect, written differently: %v, notRead %v, %+v", differences(got), got.NotRead, got.Permissions.Principals)
	}
}

// TestReferencedPolicies checks that a policy that the configuration only
// references causes no difference, because what it allows is unknown. Attaching
// the policy manually to another role causes a difference.
func TestReferencedPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n  permissionsBoundary: "+boundary+
		"\n  nodes: {extraPolicyAttachments: [\""+handPolicy+"\"]}\n")
	for _, policy := range []string{handPolicy, boundary} {
		w.put(&iam.ResourceState{Type: policyType, Name: policy, Document: allows("kms:*")})
	}
	if got := w.read(); !got.Same() || len(got.Permissions.Principals) > 0 {
		t.Errorf("as configured: %v, notRead %v, %+v", differences(got), got.NotRead, got.Permissions.Principals)
	}
	other := w.resource("AWSIAMRoleControlPlane")
	other.Attached = append(other.Attached, handPolicy)
	got := w.read()
	if len(got.Permissions.Principals) != 1 || got.Permissions.Principals[0].LogicalID != other.LogicalID || len(got.Permissions.Principals[0].Gained) != 1 ||
		got.Permissions.Principals[0].Gained[0].Policy != handPolicy || len(got.Permissions.Principals[0].Lost) > 0 {
		t.Errorf("attached manually: %v, %+v", differences(got), got.Permissions.Principals)
	}
}

// The difference of a changed trust policy names who is trusted in addition,
// and who is no longer trusted.
func TestChangedTrustNamesPrincipals(t *testing.T) {
	t.Parallel()
	const service = "Service ec2.amazonaws.com"
	for _, test := range []struct {
		name, statements string
		gained, lost     []string
		changed          []TrustChange
	}{
		{"another account", `[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}]`, []string{"AWS 999988887777"}, []string{service}, nil},
		{"no statements", `[]`, nil, []string{service}, nil},
		{"with a condition", `[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}]`, nil, nil, []TrustChange{{Principal: service, Conditions: true}}},
		{"another action", `[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]`, nil, nil, []TrustChange{{Principal: service, Gained: []string{"sts:TagSession"}}}},
		{"another action for another account", `[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}, {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:TagSession"}]`, nil, nil, []TrustChange{{Principal: "AWS 999988887777", Gained: []string{"sts:TagSession"}}}},
		{"only another action", `[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:TagSession"}]`, nil, []string{service}, nil},
		{"a denial with a condition", `[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}, {"Effect": "Deny", "Principal": {"AWS": "1"}, "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]`, nil, nil, []TrustChange{{Principal: "AWS 1 (denial added)", Lost: []string{"sts:AssumeRole"}}}},
		{"a denial", `[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}, {"Effect": "Deny", "NotPrincipal": {"AWS": ["1", "2"]}, "Action": "sts:AssumeRole"}]`, nil, []string{"all except AWS 1 and AWS 2 (denial added)"}, nil},
	} {
		w := newWorld(t, everything)
		var statements any
		if err := json.Unmarshal([]byte(test.statements), &statements); err != nil {
			t.Fatal(err)
		}
		w.resource(roleNodes).Trust = map[string]any{"Version": "2012-10-17", "Statement": statements}
		got := w.read().Differences
		if len(got) != 1 || !slices.Equal(got[0].TrustGained, test.gained) || !slices.Equal(got[0].TrustLost, test.lost) || !reflect.DeepEqual(got[0].TrustChanged, test.changed) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestKinds(t *testing.T) {
	seen := map[Kind]bool{}
	for _, test := range []struct {
		name   string
		change func(*world)
		want   []string
	}{
		{"no stack", func(w *world) { w.in.Stack = nil; w.all = map[string]*iam.ResourceState{} }, nil},
		{"a failed stack", func(w *world) {
			w.in.Stack.Status, w.in.Stack.Failed, w.in.Stack.Reason = "UPDATE_FAILED", true, "why"
		}, []string{"stack-failed  why"}},
		{"an outdated stack", func(w *world) {
			w.in.Stack.Template = strings.Replace(w.in.Stack.Template, "s3:GetObject", "s3:PutObject", 1)
		}, []string{"stack-outdated"}},
		{"a stack with fewer resources", func(w *world) {
			w.in.Stack.Template = strings.Replace(w.in.Stack.Template, `"AWSIAMInstanceProfileNodes"`, `"Other"`, 1)
		}, []string{"stack-outdated"}},
		{"a stack with another path", func(w *world) {
			w.in.Stack.Template = strings.Replace(w.in.Stack.Template, `"RoleName":"nodes.`, `"Path":"/old/","RoleName":"nodes.`, 1)
			w.resource(roleNodes).Path = "/old/"
		}, []string{"stack-outdated", "path-changed " + roleNodes}},
		{"a stack with a template in YAML and another tag", func(w *world) {
			w.in.Stack.Template = inYAML(w.t, strings.Replace(w.in.Stack.Template, `"Value":"capa"`, `"Value":"old"`, 1))
		}, []string{"stack-outdated"}},
		{"a stack with an invalid template", func(w *world) { w.in.Stack.Template = "neither: [this" }, []string{"stack-outdated"}},
		{"tags of the stack", func(w *world) {
			w.in.Tags, w.in.Stack.Tags = map[string]string{"a": "1", "b": "1"}, map[string]string{"a": "2", "c": ""}
		}, []string{"stack-tag  a", "stack-tag  b", "stack-tag  c"}},
		{"a deleted role", func(w *world) { w.remove(w.resource(roleNodes)) }, []string{"resource-gone " + roleNodes}},
		{"a deleted policy", func(w *world) {
			p := w.resource(policyNodes)
			w.remove(p)
			for _, f := range w.all {
				f.Attached = slices.DeleteFunc(f.Attached, func(name string) bool { return name == p.Name })
			}
		}, []string{"resource-gone " + policyNodes, "policy-detached AWSIAMRoleControlPlane arn:aws:iam::123456789012:policy/nodes.cluster-api-provider-aws.sigs.k8s.io", "policy-detached AWSIAMRoleNodes arn:aws:iam::123456789012:policy/nodes.cluster-api-provider-aws.sigs.k8s.io"}},
		{"a resource outside the stack", func(w *world) {
			w.in.Stack.Resources = slices.DeleteFunc(w.in.Stack.Resources, func(r iam.StackResource) bool { return r.LogicalID == "AWSIAMInstanceProfileNodes" })
		}, []string{"resource-unmanaged AWSIAMInstanceProfileNodes"}},
		{"an extra resource", func(w *world) {
			w.in.Stack.Resources = append(w.in.Stack.Resources, iam.StackResource{LogicalID: "Old", Type: roleType, PhysicalID: "old"})
			w.put(&iam.ResourceState{Type: roleType, Name: "old", Trust: w.resource(roleNodes).Trust, Attached: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}})
		}, []string{"resource-extra Old"}},
		{"an extra resource that was deleted", func(w *world) {
			w.in.Stack.Resources = append(w.in.Stack.Resources, iam.StackResource{LogicalID: "Old", Type: roleType, PhysicalID: "old"})
		}, []string{"resource-gone Old"}},
		{"another name", func(w *world) { w.rename("AWSIAMInstanceProfileNodes", "other") }, []string{"name-changed AWSIAMInstanceProfileNodes"}},
		{"another path", func(w *world) { w.resource(roleNodes).Path = "/hand/" }, []string{"path-changed " + roleNodes}},
		{"tags", func(w *world) { w.resource(roleNodes).Tags = map[string]string{"owner": "ann"} }, []string{"tag-changed " + roleNodes + " owner", "tag-changed " + roleNodes + " team"}},
		{"a stack tag on a resource", func(w *world) {
			w.in.Tags, w.in.Stack.Tags = map[string]string{"cost": "1"}, map[string]string{"cost": "1"}
			w.resource(roleNodes).Tags["cost"] = "2"
		}, []string{"tag-changed " + roleNodes + " cost"}},
		{"trust", func(w *world) { w.resource(roleNodes).Trust = w.resource("AWSIAMRoleControlPlane").Trust }, []string{"trust-changed " + roleNodes}},
		{"an inline policy", func(w *world) {
			f := w.resource(roleNodes)
			f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:*")})
		}, []string{"inline-policy-added " + roleNodes + " hand"}},
		{"an inline policy that allows nothing new", func(w *world) {
			f := w.resource(roleNodes)
			f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:GetObject")})
		}, []string{"inline-policy-added " + roleNodes + " hand"}},
		{"no inline policy", func(w *world) { w.resource(userBootstrap).Inline = nil }, []string{"inline-policy-removed " + userBootstrap + " capa"}},
		{"another inline policy", func(w *world) { w.resource(roleNodes).Inline[0].Document = allows("s3:*") }, []string{"inline-policy-changed " + roleNodes + " capa"}},
		{"an inline policy of a group", func(w *world) {
			f := w.resource(groupOfUser)
			f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:*")})
		}, []string{"inline-policy-added " + groupOfUser + " hand"}},
		{"an attachment", func(w *world) {
			w.put(&iam.ResourceState{Type: policyType, Name: handPolicy, Document: allows("kms:*")})
			f := w.resource(roleNodes)
			f.Attached = append(f.Attached, handPolicy, "arn:aws:iam::aws:policy/AdministratorAccess")
		}, []string{"policy-attached " + roleNodes + " " + handPolicy, "policy-attached " + roleNodes + " arn:aws:iam::aws:policy/AdministratorAccess"}},
		{"no attachment", func(w *world) { w.resource(userBootstrap).Attached = nil }, []string{"policy-detached " + userBootstrap + " arn:aws:iam::aws:policy/ReadOnlyAccess"}},
		{"a document", func(w *world) { w.resource(policyNodes).Document = allows("*") }, []string{"policy-changed " + policyNodes}},
		{"a boundary", func(w *world) {
			w.put(&iam.ResourceState{Type: policyType, Name: boundary, Document: allows("s3:*")})
			w.resource(roleNodes).Boundary = boundary
		}, []string{"boundary-added " + roleNodes}},
		{"another attachment of a policy", func(w *world) {
			w.put(&iam.ResourceState{Type: userType, Name: "mallory", Attached: []string{w.resource(policyNodes).Name}})
		}, []string{"holder-added " + policyNodes + " user mallory"}},
		{"a group", func(w *world) {
			f := w.resource(userBootstrap)
			f.Groups = append(f.Groups, "admins")
		}, []string{"group-joined " + userBootstrap + " admins"}},
		{"no group", func(w *world) { w.resource(userBootstrap).Groups = []string{"auditors"} }, []string{"group-left " + userBootstrap + " " + "bootstrapper.cluster-api-provider-aws.sigs.k8s.io"}},
		{"a member", func(w *world) {
			w.put(&iam.ResourceState{Type: userType, Name: "mallory", Groups: []string{w.resource(groupOfUser).Name}})
		}, []string{"group-member-added " + groupOfUser + " mallory"}},
		{"a profile without a role", func(w *world) { w.resource("AWSIAMInstanceProfileNodes").Roles = nil }, []string{"profile-role-changed AWSIAMInstanceProfileNodes"}},
		{"a profile with the role of another profile", func(w *world) {
			w.resource("AWSIAMInstanceProfileNodes").Roles = w.resource("AWSIAMInstanceProfileControlPlane").Roles
		}, []string{"profile-role-changed AWSIAMInstanceProfileNodes"}},
		{"a profile outside the configuration", func(w *world) {
			w.put(&iam.ResourceState{Type: profileType, Name: "hand", Roles: w.resource("AWSIAMInstanceProfileControllers").Roles})
		}, []string{"instance-profile-added AWSIAMRoleControllers hand"}},
		{"another session duration", func(w *world) { w.resource(roleNodes).MaxSession = 43200 }, []string{"session-duration-changed " + roleNodes}},
		{"another description of a role", func(w *world) { w.resource(roleNodes).Description = "hand" }, []string{"description-changed " + roleNodes}},
		{"another description of a policy", func(w *world) { w.resource(policyNodes).Description = "" }, []string{"description-changed " + policyNodes}},
		{"a console password", func(w *world) { w.resource(userBootstrap).Password = true }, []string{"console-password-added " + userBootstrap}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, everything)
			test.change(w)
			got := w.read()
			if test.want == nil { // no stack
				if all := differences(got); all[0] != "stack-missing" || len(all) != got.Checked+1 {
					t.Errorf("got %q", all)
				}
			} else if diff := cmp.Diff(slices.Sorted(slices.Values(test.want)), slices.Sorted(slices.Values(differences(got)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got.Same() || len(got.NotRead) > 0 {
				t.Errorf("same %t, notRead %+v", got.Same(), got.NotRead)
			}
			for _, d := range got.Differences {
				seen[d.Kind] = true
			}
		})
	}
	// The kinds that need a configuration with boundaries.
	for name, change := range map[string]func(*iam.ResourceState) string{
		"boundary-dropped": func(f *iam.ResourceState) string { f.Boundary = ""; return "" },
		"boundary-changed": func(f *iam.ResourceState) string { f.Boundary = handPolicy; return handPolicy },
	} {
		w := newWorld(t, everything+"  permissionsBoundary: "+boundary+"\n")
		w.put(&iam.ResourceState{Type: policyType, Name: boundary, Document: allows("*")})
		w.put(&iam.ResourceState{Type: policyType, Name: handPolicy, Document: allows("s3:*")})
		if got := w.read(); !got.Same() {
			t.Fatalf("with a boundary: %v, %+v", differences(got), got.NotRead)
		}
		found := change(w.resource(roleNodes))
		got := w.read()
		if len(got.Differences) != 1 || string(got.Differences[0].Kind) != name || aws.ToString(got.Differences[0].Configured) != boundary || aws.ToString(got.Differences[0].Found) != found {
			t.Errorf("%s: %+v", name, got.Differences)
		}
		seen[Kind(name)] = true
	}
	seen[HolderRemoved] = true // TestDetachmentSeenOnlyAtPolicy tests this kind.
	for _, kind := range Kinds() {
		if !seen[kind] {
			t.Errorf("no test has %s", kind)
		}
	}
}

func inYAML(t testing.TB, text string) string {
	t.Helper()
	template, err := stacktemplate.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	text, err = template.String()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// rename renames a resource in the account and the stack.
func (w *world) rename(id, name string) {
	f := w.resource(id)
	w.remove(f)
	f.Name = name
	w.all[f.Type+" "+name] = f
	for i, r := range w.in.Stack.Resources {
		if r.LogicalID == id {
			w.in.Stack.Resources[i].PhysicalID = name
		}
	}
}

func TestPermissionsAreComparedByEffect(t *testing.T) {
	w := newWorld(t, everything)
	f := w.resource(roleNodes)
	f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:GetObject")})
	if got := w.read(); !got.Permissions.Empty() {
		t.Errorf("a policy that allows nothing new: %+v", got.Permissions.Principals)
	}
	f.Inline[1].Document = allows("kms:Decrypt")
	got := w.read()
	if len(got.Permissions.Principals) != 1 || got.Permissions.Principals[0].Name != f.Name || len(got.Permissions.Principals[0].Gained) != 1 || len(got.Permissions.Principals[0].Lost) != 0 {
		t.Errorf("a policy that allows more: %+v", got.Permissions.Principals)
	}
}

// TestManyPages checks that every page of a list is read: a policy that is
// attached to 900 roles causes 900 differences.
func TestManyPages(t *testing.T) {
	w := newWorld(t, everything)
	for i := range 900 {
		w.put(&iam.ResourceState{Type: roleType, Name: fmt.Sprintf("role-%03d", i), Attached: []string{w.resource(policyNodes).Name}})
	}
	got := w.read()
	if len(got.Differences) != 900 || got.Differences[899].What != "role role-899" || got.Partial() {
		t.Errorf("%d differences, notRead %+v", len(got.Differences), got.NotRead)
	}
}

func TestDetachmentSeenOnlyAtPolicy(t *testing.T) {
	w := newWorld(t, everything)
	w.faults["ListAttachedRolePolicies"] = denied("ListAttachedRolePolicies")
	w.resource(roleNodes).Attached = nil
	got := w.read()
	if all := differences(got); len(all) == 0 || !slices.Contains(all, "holder-removed "+policyNodes+" role nodes.cluster-api-provider-aws.sigs.k8s.io") {
		t.Errorf("got %v", all)
	}
}

// TestStackNotRead checks that a stack that could not be read, or has an
// operation in progress, causes no differences and is reported as not read.
func TestStackNotRead(t *testing.T) {
	w := newWorld(t, everything)
	w.in.Stack, w.in.StackNotRead, w.in.NotRead = nil, true, []NotRead{{Name: stackName, Part: "the stack", Action: "cloudformation:DescribeStacks", Denied: true, Reason: "no"}}
	if got := w.read(); len(got.Differences) > 0 || len(got.NotRead) != 1 {
		t.Errorf("differences %v, notRead %+v", differences(got), got.NotRead)
	}
	w = newWorld(t, everything)
	w.in.Stack.Status, w.in.Stack.Final = "UPDATE_IN_PROGRESS", false
	if got := w.read(); len(got.Differences) > 0 || len(got.NotRead) != 1 {
		t.Errorf("with an operation in progress: differences %v, notRead %+v", differences(got), got.NotRead)
	}
}

func TestAccessKeys(t *testing.T) {
	w := newWorld(t, everything)
	day := 24 * time.Hour
	for i, status := range []types.StatusType{types.StatusTypeActive, types.StatusTypeInactive} {
		w.keys = append(w.keys, types.AccessKeyMetadata{AccessKeyId: aws.String(fmt.Sprintf("AKIAFALSEKEYEXAMPLE%d", i)), Status: status, CreateDate: aws.Time(w.in.Now.Add(-400 * day))})
	}
	w.lastUse["AKIAFALSEKEYEXAMPLE0"] = &types.AccessKeyLastUsed{LastUsedDate: aws.Time(w.in.Now.Add(-36 * time.Hour)), ServiceName: aws.String("ec2"), Region: aws.String("eu-west-1")}
	w.lastUse["AKIAFALSEKEYEXAMPLE1"] = &types.AccessKeyLastUsed{ServiceName: aws.String("N/A"), Region: aws.String("N/A")}
	got := w.read()
	if !got.Same() || len(got.AccessKeys) != 2 {
		t.Fatalf("%v, %+v, %+v", differences(got), got.NotRead, got.AccessKeys)
	}
	a, b := got.AccessKeys[0], got.AccessKeys[1]
	if a.AgeDays != 400 || *a.UnusedDays != 1 || a.Service != "ec2" || a.User != "bootstrapper.cluster-api-provider-aws.sigs.k8s.io" || b.LastUsed != nil || b.UnusedDays != nil || b.Service != "" || b.Status != "Inactive" || b.UseUnknown {
		t.Errorf("%+v\n%+v", a, b)
	}
	w.faults["GetAccessKeyLastUsed"] = denied("GetAccessKeyLastUsed")
	if got := w.read(); len(got.NotRead) != 2 || !got.AccessKeys[0].UseUnknown {
		t.Errorf("%+v, %+v", got.NotRead, got.AccessKeys)
	}
}

// The difference of an outdated stack names the newest release whose template
// the stack has, if there is one.
func TestOutdatedStackHasARelease(t *testing.T) {
	const text = "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\n"
	at := func(name string) Generation {
		catalogue, err := catalog.Load()
		if err != nil {
			t.Fatal(err)
		}
		release, err := catalogue.Resolve(name)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := iam.Load("config.yaml", []byte(text), iam.Options{Catalogue: catalogue, Release: release})
		if err != nil {
			t.Fatal(err)
		}
		return Generation{name, &source.Generated{Template: loaded.Template.Tree(), Release: release, Settings: loaded.Configuration.Settings(), Partition: "aws"}, loaded.Template}
	}
	for _, test := range []struct {
		name   string
		others []string
		want   string // the release; "" for none
	}{
		{"the newest release with the template", []string{"v2.12.1", "v2.11.1", "v2.11.0"}, "v2.11.1"},
		{"no release with the template", []string{"v2.12.1"}, ""},
		{"no other release", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, text) // the stack has the template of v2.11.1
			newest := at("v2.13.0")
			w.in.Generated, w.in.Template = newest.Generated, newest.Template
			var others []Generation
			for _, name := range test.others {
				others = append(others, at(name))
			}
			w.in.Others = slices.Values(others)
			d := w.read().Differences[0]
			if d.Kind != StackOutdated || (d.Found == nil) != (test.want == "") {
				t.Fatalf("%+v", d)
			}
			if test.want != "" && (*d.Found != test.want || *d.Configured != "v2.13.0") {
				t.Errorf("configured %s, found %s", *d.Configured, *d.Found)
			}
		})
	}
}
