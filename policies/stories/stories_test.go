// Tests that a permission has the story of its policy, statement and release:
// for everything that the releases grant, and for statements that a user
// changed, moved or added.

package stories_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

func catalogue(t *testing.T) *catalog.Catalogue {
	t.Helper()
	c, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// generateSet returns the set that a configuration generates for a release, and
// the configuration. config is its spec, or "" for the default configuration.
// change may edit the template before it is read.
func generateSet(t *testing.T, config string, release catalog.Release, change func(string) string) (*document.Set, *iam.Configuration) {
	t.Helper()
	c := catalogue(t)
	configuration := iam.Default()
	if config != "" {
		text := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n" + config
		loaded, err := iam.Load("config.yaml", []byte(text), iam.Options{Catalogue: c, Release: release, RaisedQuotas: true})
		if err != nil {
			t.Fatal(err)
		}
		configuration = loaded.Configuration
	}
	template, err := iam.Generate(configuration, c, release)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(template.Tree())
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		text = []byte(change(string(text)))
	}
	set, err := document.ReadSet("template.json", text)
	if err != nil {
		t.Fatal(err)
	}
	return set, configuration
}

// everythingEnabled enables everything that the catalogue has a gate for.
const everythingEnabled = `
  namePrefix: dev-
  nameSuffix: .example
  allowAssumeRole: true
  secureSecretBackends: [secrets-manager, ssm-parameter-store]
  s3Buckets: {enable: true, namePrefix: cluster-}
  eventBridge: {enable: true}
  clusterAPIControllers:
    features:
    - dedicated-hosts
    - suspend-processes
    - elastic-ip-pool
    - classic-elb
    - network-interface-cleanup
    - eks-identity-provider
    - eks-additional-policies
    - managed-node-group-iam-role
    - fargate
    - {name: ebs-encryption-cmk, keys: ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]}
    - {name: lifecycle-hooks, roles: [hooks]}
    - {name: rosa-network, stacks: [network]}
    - {name: rosa-role-config, prefixes: [acme]}
  controlPlane: {enableCSIPolicy: true}
  nodes: {ec2ContainerRegistryReadOnly: true}
  eks: {iamRoleCreation: true, enableUserEKSConsolePolicy: true, managedMachinePool: {disable: false}, fargate: {disable: false}}
`

// expectedStory finds the story of an action differently from the package: it
// renders each statement of the catalogue separately, and uses the first one
// that has the actions and the resources of s.
func expectedStory(t *testing.T, all []catalog.StatementTemplate, trust bool, release catalog.Release, settings catalog.Settings, s *document.Statement, action string) stories.Story {
	t.Helper()
	for _, template := range all {
		var document catalog.PolicyDocument
		var err error
		if trust {
			document, err = (&catalog.Role{Trust: []catalog.StatementTemplate{template}}).TrustPolicy(release, settings)
		} else {
			document, err = (&catalog.Policy{Statements: []catalog.StatementTemplate{template}}).Document(release, settings)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(document.Statement) != 1 || !slices.Equal(document.Statement[0].Action, s.Actions) || !slices.Equal(document.Statement[0].Resource, s.Resources) {
			continue
		}
		var first *catalog.Grant
		for i, g := range template.Actions {
			if open, _ := settings.Open(g.When); g.Name == action && open && g.In(release) && (first == nil || g.Since.Compare(first.Since) < 0) {
				first = &template.Actions[i]
			}
		}
		return stories.Story{Since: first.Since.String(), UsedBy: first.UsedBy, Why: first.Why}
	}
	t.Fatalf("no statement of the catalogue generates %s with %s", s.Label(), action)
	return stories.Story{}
}

// eachCAPAStatement calls check for every statement of CAPA's own policies in a
// set, with the statements of the catalogue that it may come from.
func eachCAPAStatement(c *catalog.Catalogue, set *document.Set, idOf func(*document.Holder, *document.Policy) string, check func(place document.Place, all []catalog.StatementTemplate)) {
	checkStatements := func(h *document.Holder, p *document.Policy, d *document.Document, all []catalog.StatementTemplate) {
		for i := range d.Statements {
			check(document.Place{Holder: h, Policy: p, Statement: &d.Statements[i]}, all)
		}
	}
	for _, h := range set.Principals {
		if role := c.Role(idOf(h, nil)); role != nil {
			checkStatements(h, nil, h.Trust, role.Trust)
		}
		for i := range h.Policies {
			if policy := c.Policy(idOf(h, &h.Policies[i])); policy != nil {
				checkStatements(h, &h.Policies[i], h.Policies[i].Document, policy.Statements)
			}
		}
	}
}

func logicalIDOf(h *document.Holder, p *document.Policy) string {
	if p != nil {
		return p.LogicalID
	}
	return h.LogicalID
}

// TestEveryPermissionOfEveryRelease looks up every action of every policy in
// every release: in the generated set, in its template as a file, and in a
// template with other logical IDs.
func TestEveryPermissionOfEveryRelease(t *testing.T) {
	c := catalogue(t)
	known := stories.New(c)
	pairs := map[string]bool{}
	for _, config := range []string{"", everythingEnabled, strings.Replace(everythingEnabled, "iamRoleCreation: true", "iamRoleCreation: false", 1)} {
		for _, r := range c.Releases {
			for _, form := range []string{"generated", "a template", "a template with other logical IDs"} {
				change := func(text string) string { return text }
				if form == "a template with other logical IDs" {
					change = func(text string) string { return strings.ReplaceAll(text, "AWSIAM", "Other") }
				}
				set, configuration := generateSet(t, config, r.Release, change)
				settings := configuration.Settings()
				if form == "generated" {
					for _, h := range set.Principals {
						h.Release = r.Release.String()
					}
				}
				sets := []*document.Set{set}
				if form == "a template with other logical IDs" && config != "" {
					// The prefix and suffix of these names are only known from
					// another set.
					withAffixes, _ := generateSet(t, config, r.Release, nil)
					sets = append(sets, withAffixes)
				}
				finder := known.FinderFor(sets...)
				idOf := func(h *document.Holder, p *document.Policy) string {
					return strings.Replace(logicalIDOf(h, p), "Other", "AWSIAM", 1)
				}
				eachCAPAStatement(c, set, idOf, func(place document.Place, statements []catalog.StatementTemplate) {
					for _, action := range place.Statement.Actions {
						want := expectedStory(t, statements, place.Policy == nil, r.Release, settings, place.Statement, action)
						if got := finder.Find(place, action); fmt.Sprint(got) != fmt.Sprint(want) {
							t.Errorf("%s at %s: %s of %s has the story %+v, want %+v", form, r.Release, action, idOf(place.Holder, place.Policy), got, want)
						}
						var since catalog.Release
						if err := since.UnmarshalText([]byte(want.Since)); err != nil || since.Compare(r.Release) > 0 {
							t.Errorf("%s at %s: %s since %s", form, r.Release, action, since)
						}
						pairs[idOf(place.Holder, place.Policy)+" "+action] = true
					}
				})
			}
		}
	}
	for _, e := range known.All() {
		if !pairs[e.LogicalID+" "+e.Action] {
			t.Errorf("no release grants %s of %s", e.Action, e.LogicalID)
		}
	}
}

// storiesIn returns the release of every story in a set, by principal, policy,
// statement and action. The finder also knows the sets in among.
func storiesIn(set *document.Set, among ...*document.Set) map[string]string {
	c, _ := stories.Load()
	finder := c.FinderFor(append(among, set)...)
	all := map[string]string{}
	for _, h := range set.Principals {
		add := func(place document.Place, d *document.Document, name string) {
			if d == nil {
				return
			}
			for i := range d.Statements {
				place.Statement = &d.Statements[i]
				for _, action := range place.Statement.Actions {
					if story := finder.Find(place, action); story.Since != "" {
						all[fmt.Sprintf("%s %s[%d] %s", h.Name, name, place.Statement.Index, action)] = story.Since
					}
				}
			}
		}
		add(document.Place{Holder: h}, h.Trust, "trust")
		for i := range h.Policies {
			add(document.Place{Holder: h, Policy: &h.Policies[i]}, h.Policies[i].Document, h.Policies[i].Name)
		}
		add(document.Place{Holder: h, Boundary: true}, h.BoundaryPolicy, "boundary")
	}
	return all
}

const templateHead = "AWSTemplateFormatVersion: 2010-09-09\nResources:\n"

// TestStoryMatchesPolicyAndStatement tests which permissions have a story:
// those of the catalogue's statements, and those of other policies if all
// entries for the action have the same story.
func TestStoryMatchesPolicyAndStatement(t *testing.T) {
	managed := func(id, name, statements string) string {
		return "  " + id + ":\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: " + name +
			"\n      PolicyDocument:\n        Version: 2012-10-17\n        Statement: " + statements + "\n"
	}
	const (
		controllers   = "AWSIAMManagedPolicyControllers"
		defaultSuffix = ".cluster-api-provider-aws.sigs.k8s.io"
		run           = "[{Effect: Allow, Action: 'ec2:RunInstances', Resource: '*'}]"
		images        = "[{Effect: Allow, Action: 'ec2:DescribeImages', Resource: '*'}]"
		linked        = "[{Effect: Allow, Action: 'iam:CreateServiceLinkedRole', Resource: '%s', Condition: {StringLike: {'iam:AWSServiceName': '%s'}}}]"
		spot          = "arn:*:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
	)
	for _, test := range []struct {
		name, text string
		want       string // the permissions with a story
	}{
		{"the policy itself", templateHead + managed(controllers, "x", run), "x x[0] ec2:RunInstances"},
		{"by name", templateHead + managed("P", "controllers"+defaultSuffix, run), "controllers" + defaultSuffix + " controllers" + defaultSuffix + "[0] ec2:RunInstances"},
		{"by name with a prefix", templateHead + managed("P", "dev-controllers"+defaultSuffix, run), "dev-controllers" + defaultSuffix + " dev-controllers" + defaultSuffix + "[0] ec2:RunInstances"},
		{"by a prefix and suffix that another policy has", templateHead + managed(controllers, "a-controllers.z", run) + managed("P", "a-nodes.z", images) + managed("Q", "a-nodes-z", images),
			"a-controllers.z a-controllers.z[0] ec2:RunInstances"}, // the nodes have no such action
		{"a single document with the name of the policy", `{"Version": "2012-10-17", "Statement": ` + strings.NewReplacer("'", `"`, "Effect:", `"Effect":`, "Allow", `"Allow"`, "Action:", `"Action":`, "Resource:", `"Resource":`).Replace(run) + "}",
			controllers + " " + controllers + "[0] ec2:RunInstances"},
		{"an action of another policy", templateHead + managed(controllers, "x", "[{Effect: Allow, Action: 'eks:CreateCluster', Resource: '*'}]"), ""},
		{"in different case", templateHead + managed(controllers, "x", "[{Effect: Allow, Action: 'EC2:runinstances', Resource: '*'}]"), "x x[0] EC2:runinstances"},
		{"on fewer resources", templateHead + managed(controllers, "x", "[{Effect: Allow, Action: 'ec2:RunInstances', Resource: 'arn:aws:ec2:*:*:instance/*'}]"), "x x[0] ec2:RunInstances"},
		{"a Deny", templateHead + managed(controllers, "x", "[{Effect: Deny, Action: 'ec2:RunInstances', Resource: '*'}]"), ""},
		{"a pattern", templateHead + managed(controllers, "x", "[{Effect: Allow, Action: 'ec2:Run*', Resource: '*'}]"), ""},
		{"one of several statements", templateHead + managed(controllers, "x", fmt.Sprintf(linked, spot, "spot.amazonaws.com")), "x x[0] iam:CreateServiceLinkedRole"},
		{"one of several statements, on fewer resources", templateHead + managed(controllers, "x", fmt.Sprintf(linked, strings.Replace(spot, "arn:*", "arn:aws", 1), "spot.amazonaws.com")), "x x[0] iam:CreateServiceLinkedRole"},
		{"one of several statements, under another condition", templateHead + managed(controllers, "x", fmt.Sprintf(linked, spot, "other")), "x x[0] iam:CreateServiceLinkedRole"},
		{"none of several statements", templateHead + managed(controllers, "x", fmt.Sprintf(linked, "*", "*")), ""},
		{"a policy next to CAPA's", templateHead + managed(controllers, "x", run) + managed("P", "mine", run), "x x[0] ec2:RunInstances"},
		{"not CAPA's, one story", templateHead + managed("P", "mine", run), "mine mine[0] ec2:RunInstances"},
		{"not CAPA's, only a story of a feature", templateHead + managed("P", "mine", "[{Effect: Allow, Action: 'ec2:AllocateHosts', Resource: '*'}]"), ""},
		{"not CAPA's, a story and one of a feature", templateHead + managed("P", "mine", "[{Effect: Allow, Action: 'iam:TagRole', Resource: 'arn:*:iam::*:role/x'}]"), "mine mine[0] iam:TagRole"},
		{"not CAPA's, several stories", templateHead + managed("P", "mine", images), ""},
		{"not CAPA's, an action of a trust policy", templateHead + managed("P", "mine", "[{Effect: Allow, Action: 'sts:TagSession', Resource: '*'}]"), ""},
		{"not CAPA's, with a short name", templateHead + managed("P", "controllers", images), ""},
		{"statements of a role", templateHead + "  AWSIAMRoleNodes:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: nodes\n      AssumeRolePolicyDocument:\n        Statement:\n" +
			"        - {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}\n        - {Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'sts:AssumeRole'}\n" +
			"      Policies: [{PolicyName: extra, PolicyDocument: {Statement: " + run + "}}]\n", "nodes trust[0] sts:AssumeRole"},
		{"a boundary", templateHead + "  AWSIAMRoleNodes:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: nodes\n      PermissionsBoundary: !Ref " + controllers + "\n      AssumeRolePolicyDocument:\n        Statement:\n" +
			"        - {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}\n" + managed(controllers, "x", run), "nodes trust[0] sts:AssumeRole"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := "file.yaml"
			if test.text[0] == '{' {
				file = controllers + ".json"
			}
			set, err := document.ReadSet(file, []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for name := range storiesIn(set) {
				got = append(got, name)
			}
			if strings.Join(got, "; ") != test.want {
				t.Errorf("stories of %q, want %q", got, test.want)
			}
		})
	}
}

// TestAddedStatementsHaveNoStory tests that statements that the configuration
// adds have no story.
func TestAddedStatementsHaveNoStory(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "configurations", "everything.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, spec, _ := strings.Cut(string(text), "spec:\n")
	c := catalogue(t)
	set, _ := generateSet(t, spec, c.Newest(), nil)
	added := 0
	for _, release := range []string{"", c.Newest().String()} {
		for _, h := range set.Principals {
			h.Release = release
			for i := range h.Policies {
				if h.Policies[i].Inline {
					added++
				}
			}
		}
		for name := range storiesIn(set) {
			if strings.Contains(name, " cluster-api-provider-aws-sigs-k8s-io[") {
				t.Errorf("at %q: %s has a story", release, name)
			}
		}
	}
	if added == 0 {
		t.Error("no statement was added")
	}
}

// TestStoryDependsOnRelease tests that a statement has a story only in releases
// that grant it.
func TestStoryDependsOnRelease(t *testing.T) {
	set, err := document.ReadSet("t.yaml", []byte(templateHead+"  AWSIAMManagedPolicyControllers:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 'eks:CreateAccessEntry', Resource: '*'}]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for release, want := range map[string]int{"": 1, "v2.11.0": 1, "v2.13.0": 1, "v2.10.0": 0, "v1.5.0": 0, "no release": 0} {
		set.Principals[0].Release = release
		if got := storiesIn(set); len(got) != want {
			t.Errorf("at %q: %v", release, got)
		}
	}
}

func TestAWSManagedPolicyHasNoStory(t *testing.T) {
	set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mine", "AWSIAMManagedPolicyControllers"} {
		p := &set.Principals[0].Policies[0]
		p.Name, p.AWS = name, false
		if got := storiesIn(set); len(got) != 1 {
			t.Errorf("%s, not managed by AWS: %v", name, got)
		}
		p.AWS = true
		if got := storiesIn(set); len(got) != 0 {
			t.Errorf("%s, managed by AWS: %v", name, got)
		}
	}
}

// TestSimilarStatements uses a catalogue with the same action in several
// statements. One statement has the action several times, with different
// releases and gates. The story must come from the most similar statement.
func TestSimilarStatements(t *testing.T) {
	since := func(text string) (r catalog.Release) {
		if err := r.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return r
	}
	grant := func(name, release string, gate catalog.Gate) catalog.Grant {
		return catalog.Grant{Name: name, Since: since(release), When: gate, Why: "since " + release}
	}
	conditionsFor := func(value string) catalog.Conditions {
		return catalog.Conditions{"StringEquals": {"k": value}}
	}
	c := stories.New(&catalog.Catalogue{Policies: []catalog.Policy{{LogicalID: "P", Name: "p", Statements: []catalog.StatementTemplate{
		{Effect: "Allow", Resources: []string{"arn:{{partition}}:x*"}, Condition: conditionsFor("a"), Actions: []catalog.Grant{grant("s:A", "v2.1.0", "")}},
		{Effect: "Allow", Resources: []string{"arn:{{partition}}:x*"}, Condition: conditionsFor("b-{{n}}"), Actions: []catalog.Grant{grant("s:A", "v2.2.0", ""), grant("s:B*", "v2.0.0", "")}},
		{Effect: "Allow", Resources: []string{"arn:aws:*"}, Actions: []catalog.Grant{grant("s:A", "v2.3.0", "x.enable"), grant("s:A", "v2.4.0", "always"), grant("s:A", "v2.5.0", "")}},
		{Effect: "Deny", Resources: []string{"*"}, Actions: []catalog.Grant{grant("s:A", "v1.0.0", "")}},
	}}}})
	condition := func(value string) []document.Condition {
		return []document.Condition{{Operator: "stringEquals", Key: "K", Values: []string{value}}}
	}
	for _, test := range []struct {
		name, action string
		resource     string
		conditions   []document.Condition
		want         string
	}{
		{"the first", "s:A", "arn:aws-cn:x*", condition("a"), "v2.1.0"},
		{"covered by the first", "s:A", "arn:aws-cn:xy", condition("a"), "v2.1.0"},
		{"the first, in another partition", "s:a", "arn:aws:x", condition("a"), "v2.1.0"},
		{"the second", "s:A", "arn:aws:x", condition("b-1"), "v2.2.0"},
		{"a pattern", "s:Bcd", "arn:aws:x", condition("b-1"), "v2.0.0"},
		{"the third, without its own gate", "s:A", "arn:aws:*", nil, "v2.4.0"},
		{"covered by the third", "s:A", "arn:aws:y", nil, "v2.4.0"},
		{"covered by all, with the condition of one", "s:A", "arn:aws:x*", condition("a"), "v2.1.0"},
		{"covered by two, with another condition", "s:A", "arn:aws-cn:x", condition("c"), ""},
		{"on other resources", "s:A", "arn:other", nil, ""},
		{"two conditions", "s:A", "arn:aws-cn:x", append(condition("a"), condition("a")...), ""},
		{"another action", "s:C", "arn:aws:x", nil, ""},
	} {
		s := &document.Statement{Effect: document.Allow, Actions: []string{test.action}, Resources: []string{test.resource}, Conditions: test.conditions}
		p := document.Policy{LogicalID: "P", Document: &document.Document{Statements: []document.Statement{*s}}}
		h := &document.Holder{Kind: document.RoleKind, Policies: []document.Policy{p}}
		set := &document.Set{Principals: []*document.Holder{h}}
		if got := c.FinderFor(set).Find(document.Place{Holder: h, Policy: &p, Statement: s}, test.action); got.Since != test.want || (got.Why == "") != (test.want == "") {
			t.Errorf("%s: %+v, want %q", test.name, got, test.want)
		}
	}
}
