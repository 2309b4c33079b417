// Tests of configurations that Load accepts, with or without warnings, and of
// printing a configuration and loading it again.

package iam

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/internal/problem"
	"capaboot/internal/render"
	"capaboot/policies/catalog"
)

func TestLoadAccepts(t *testing.T) {
	for _, test := range []struct {
		name, text string
		value      func(*Spec) any
		want       any
	}{
		{"no spec", "apiVersion: " + V1Beta1 + "\nkind: AWSIAMConfiguration\n", func(s *Spec) any { return s.StackName }, DefaultStackName},
		{"JSON", `{"apiVersion": "` + V1Beta1 + `", "kind": "AWSIAMConfiguration", "spec": {"stackName": "x"}}`, func(s *Spec) any { return s.StackName }, "x"},
		{"a byte order mark and Windows line ends", "\ufeff" + strings.ReplaceAll(header+"  stackName: x\n", "\n", "\r\n"), func(s *Spec) any { return s.StackName }, "x"},
		{"YAML 1.1 booleans", header + "  allowAssumeRole: yes\n", func(s *Spec) any { return s.AllowAssumeRole }, true},
		{"null as absent", header + "  nameSuffix: null\n  eks:\n", func(s *Spec) any { return []any{*s.NameSuffix, s.Nodes.EC2ContainerRegistryReadOnly} }, []any{DefaultNameSuffix, false}},
		{"an empty suffix", header + "  nameSuffix: \"\"\n", func(s *Spec) any { return s.fullName("nodes") }, "nodes"},
		{"the eks key, which attaches the registry policy", header + "  eks: {}\n", func(s *Spec) any { return s.Nodes.EC2ContainerRegistryReadOnly }, true},
		{"the eks key with EKS disabled", header + "  eks: {disable: true}\n", func(s *Spec) any { return s.Nodes.EC2ContainerRegistryReadOnly }, false},
		{"machine pools enabled by their key", header + "  eks: {managedMachinePool: {}, fargate: {disable: true}}\n", func(s *Spec) any { return []bool{s.EKS.ManagedMachinePool.Disable, s.EKS.Fargate.Disable} }, []bool{false, true}},
		{"the partition of the region", header + "  region: us-isob-east-1\n", func(s *Spec) any { return s.Partition }, "aws-iso-b"},
		{"a region in its own partition", header + "  region: eusc-de-east-1\n", func(s *Spec) any { return s.Partition }, "aws-eusc"},
		{"the default pattern, from prefix and suffix", header + "  namePrefix: a-\n  nameSuffix: .b\n", func(s *Spec) any { return s.ClusterAPIControllers.AllowedEC2InstanceProfiles }, []string{"a-*.b"}},
		{"an empty list of patterns", header + "  clusterAPIControllers: {allowedEC2InstanceProfiles: []}\n", func(s *Spec) any { return s.ClusterAPIControllers.AllowedEC2InstanceProfiles }, []string{}},
		{"an empty list of backends as absent", header + "  secureSecretBackends: []\n", func(s *Spec) any { return s.SecureSecretBackends }, []string{SecretsManager}},
		{"defaults for fields that v1alpha1 lacks", strings.Replace(header, "v1beta1", "v1alpha1", 1) + "  {}\n", func(s *Spec) any { return []string{s.BootstrapUser.GroupName, s.S3Buckets.NamePrefix} }, []string{DefaultBootstrapUserName, DefaultS3BucketPrefix}},
		{"a group without a name in v1alpha1", strings.Replace(header, "v1beta1", "v1alpha1", 1) + "  bootstrapUser: {enable: true}\n", func(s *Spec) any { return s.BootstrapUser.GroupName }, ""},
		{"a name at its limit", header + "  namePrefix: " + strings.Repeat("x", maxRoleName-len("control-plane"+DefaultNameSuffix)) + "\n", func(s *Spec) any { return len(s.fullName("control-plane")) }, 64},
		{"principals of all kinds", withTrustStatement(`{Effect: Allow, Action: ["sts:AssumeRole*", "sts:TagSession"], Principal: {AWS: ["123456789012", "arn:aws:iam::123456789012:role/a/b", "arn:aws:sts::123456789012:assumed-role/a/b", AROAEXAMPLEEXAMPLE123], Service: states.eu-west-1.amazonaws.com, Federated: [accounts.google.com, "arn:aws:iam::123456789012:saml-provider/x"]}}`),
			func(s *Spec) any { return len(s.Nodes.TrustStatements) }, 1},
		{"condition keys of identity providers", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRoleWithWebIdentity, Principal: {Federated: "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"}, Condition: {StringEquals: {"oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:capa-system:capa-controller-manager", "token.actions.githubusercontent.com:aud": sts.amazonaws.com, "aws:PrincipalTag/team": x, "saml:aud": "https://signin.aws.amazon.com/saml"}}}`),
			func(s *Spec) any { return len(s.Nodes.TrustStatements[0].Condition["StringEquals"]) }, 4},
		{"variables in conditions and resources", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::${aws:username}/*", Condition: {Bool: {"aws:x": "${aws:y}"}, IpAddress: {"aws:SourceIp": "2001:db8::/32"}}}`),
			func(s *Spec) any { return s.Nodes.ExtraStatements[0].Resource }, []string{"arn:aws:s3:::${aws:username}/*"}},
		{"*:* as the action", withExtraStatement(`{Effect: Allow, Action: "*:*", Resource: "*"}`), func(s *Spec) any { return s.Nodes.ExtraStatements[0].Action }, []string{"*:*"}},
		{"an alias", header + "  controlPlane: {tags: &t {a: b}}\n  nodes: {tags: *t}\n", func(s *Spec) any { return s.Nodes.Tags }, map[string]string{"a": "b"}},
		{"a merge key overridden by the mapping", header + "  controlPlane: {tags: &t {a: b, c: d}}\n  nodes: {tags: {<<: *t, a: x}}\n", func(s *Spec) any { return s.Nodes.Tags }, map[string]string{"a": "x", "c": "d"}},
		{"a date as a string", header + "  stackTags: {since: 2024-01-01}\n", func(s *Spec) any { return s.StackTags["since"] }, "2024-01-01"},
		{"a condition's booleans and numbers", withExtraStatement(`{Effect: Allow, Action: "*", Resource: "*", Condition: {Bool: {"aws:x": true}, NumericEquals: {"aws:y": [1, "2"]}}}`),
			func(s *Spec) any { return s.Nodes.ExtraStatements[0].Condition["Bool"]["aws:x"] }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded, err := Load("f.yaml", []byte(test.text), options(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, test.value(&loaded.Configuration.Spec)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLoadWarns(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
	}{
		{"a false that has no effect", header + "  nodes: {ec2ContainerRegistryReadOnly: false}\n  eks: {}\n",
			"f.yaml:4:41: spec.nodes.ec2ContainerRegistryReadOnly: false has no effect"},
		{"roles that the controllers may not pass", header + "  namePrefix: a-\n  controlPlane: {path: /x/}\n",
			"f.yaml:5:17: spec.controlPlane: the role would have the path /x/, but the default of spec.clusterAPIControllers.allowedEC2InstanceProfiles (\"a-*.cluster-api-provider-aws.sigs.k8s.io\") does not match roles with a path, " +
				`so the controllers could not start instances with this role; set the field to ["a-*.cluster-api-provider-aws.sigs.k8s.io", "x/a-*.cluster-api-provider-aws.sigs.k8s.io"]`},
		{"roles of several paths that the controllers may pass", header + `  namePrefix: a-` + "\n  path: /x/\n  nodes: {path: /y/z/}\n" + `  clusterAPIControllers: {allowedEC2InstanceProfiles: ["a-*.cluster-api-provider-aws.sigs.k8s.io", "x/a-*.cluster-api-provider-aws.sigs.k8s.io", "y/z/a-*.cluster-api-provider-aws.sigs.k8s.io"]}` + "\n", ""},
		{"patterns that match no instance role", header + `  nameSuffix: .acme` + "\n" + `  clusterAPIControllers: {allowedEC2InstanceProfiles: ["*.cluster-api-provider-aws.sigs.k8s.io"]}` + "\n",
			`f.yaml:5:55: spec.clusterAPIControllers.allowedEC2InstanceProfiles: no pattern matches an instance role of the template ("control-plane.acme" and "nodes.acme"), so the controllers could not start instances with the roles of the template; add "*.acme", or leave the field out`},
		{"a pattern that matches one instance role", header + `  nameSuffix: .acme` + "\n" + `  clusterAPIControllers: {allowedEC2InstanceProfiles: ["nodes.*"]}` + "\n", ""},
		{"patterns for other roles, with default names", header + `  clusterAPIControllers: {allowedEC2InstanceProfiles: ["custom-*"]}` + "\n", ""},
		{"an unknown region", header + "  region: eu-west-9\n",
			`f.yaml:4:11: spec.region: "eu-west-9" is not a known region, did you mean "eu-west-1"?`},
		{"a misspelt AWS managed policy", header + "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCor\"]}\n",
			`f.yaml:4:36: spec.nodes.extraPolicyAttachments[0]: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCor" is not among AWS's managed policies as of 2026-08-26, did you mean "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"?`},
		{"a policy of the user without its path, in another partition", header + "  partition: aws-cn\n  bootstrapUser: {extraPolicyAttachments: [\"arn:aws-cn:iam::aws:policy/AmazonEBSCSIDriverPolicy\"]}\n",
			`f.yaml:5:44: spec.bootstrapUser.extraPolicyAttachments[0]: "arn:aws-cn:iam::aws:policy/AmazonEBSCSIDriverPolicy" is not among AWS's managed policies as of 2026-08-26, did you mean "arn:aws-cn:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"?`},
		{"a policy for service-linked roles", header + "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy\"]}\n",
			`f.yaml:4:36: spec.nodes.extraPolicyAttachments[0]: "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy" is only for service-linked roles`},
		{"a boundary that some roles lack", header + "  controlPlane: {permissionsBoundary: \"arn:aws:iam::123456789012:policy/b\"}\n  bootstrapUser: {enable: true}\n",
			`f.yaml:4:39: spec.controlPlane.permissionsBoundary: spec.eks.defaultControlPlaneRole (eks-controlplane.cluster-api-provider-aws.sigs.k8s.io) and spec.bootstrapUser (bootstrapper.cluster-api-provider-aws.sigs.k8s.io) have no permissions boundary: set spec.permissionsBoundary`},
		{"a path that only one role has", header + "  nodes: {path: /x/}\n  eks: {disable: true}\n  clusterAPIControllers: {disable: true}\n",
			`f.yaml:4:17: spec.nodes.path: spec.controlPlane (control-plane.cluster-api-provider-aws.sigs.k8s.io) has no path: set spec.path`},
		{"a misspelt action", withExtraStatement(`{Effect: Allow, Action: [s3:PutObject, "s3:GetObjct"], Resource: "arn:aws:s3:::x/*"}`),
			`f.yaml:5:62: spec.nodes.extraStatements[0].Action[1]: "s3:GetObjct" is not among AWS's actions as of September 2026, did you mean "s3:GetObject"?`},
		{"a misspelt service", withExtraStatement(`{Effect: Deny, Action: "s4:List*", Resource: "*"}`),
			`f.yaml:5:46: spec.nodes.extraStatements[0].Action: "s4" is not among AWS's services as of September 2026, did you mean "s3:List*"?`},
		{"a service that does not exist, with all actions", withExtraStatement(`{Effect: Allow, Action: "zzzzzzzzz:*", Resource: "*"}`),
			`f.yaml:5:47: spec.nodes.extraStatements[0].Action: "zzzzzzzzz" is not among AWS's services as of September 2026`},
		{"a pattern that matches no action", withExtraStatement(`{Effect: Allow, Action: "s3:Gett*", Resource: "*"}`),
			`f.yaml:5:47: spec.nodes.extraStatements[0].Action: "s3:Gett*" is not among AWS's actions as of September 2026, did you mean "s3:Get*"?`},
		{"an action of the bootstrap user", header + "  bootstrapUser: {extraStatements: [{Effect: Allow, Action: \"s3:GetObjct\", Resource: \"*\"}]}\n",
			`f.yaml:4:61: spec.bootstrapUser.extraStatements[0].Action: "s3:GetObjct" is not among`},
		{"an action on a resource of another type", withExtraStatement(`{Effect: Allow, Action: [s3:ListBucket, s3:GetObject], Resource: "arn:aws:s3:::x/*"}`),
			`f.yaml:5:48: spec.nodes.extraStatements[0].Action[0]: "s3:ListBucket" has no effect, because the action does not support the resources of the statement`},
		{"actions that exist", withExtraStatement(`{Effect: Allow, Action: ["s3:getobject", "S3:List*", "s3:*", "*", "*:*", "ec2:Describe*", "sts:GetCallerIdentity", "s3:${ACTION}"], Resource: "*"}`),
			`f.yaml:5:138: spec.nodes.extraStatements[0].Action[7]: "${ACTION}" is a variable`},
		{"resources that an action supports", withExtraStatement(`{Effect: Allow, Action: ["s3:*", "s3:GetObject", "ec2:DescribeInstances", "kms:Decrypt"], Resource: ["arn:aws:s3:::x/*", "arn:aws:kms:*:*:key/*"]}`), ""},
		{"a resource that can be anything", withExtraStatement(`{Effect: Allow, Action: ["s3:ListBucket", "ec2:RunInstances"], Resource: ["arn:aws:s3:::x/*", "*"]}`), ""},
		{"a suffix without a separator", header + "  nameSuffix: prod\n", `f.yaml:4:15: spec.nameSuffix: "prod" begins with a letter or digit, so the name of the nodes role ends with "nodesprod"; to separate the suffix, write ".prod"`},
		{"a prefix without a separator", header + "  namePrefix: prod\n", `f.yaml:4:15: spec.namePrefix: "prod" ends with a letter or digit, so the name of the nodes role begins with "prodnodes"; to separate the prefix, write "prod-"`},
		{"a prefix and a suffix with a separator", header + "  namePrefix: a_\n  nameSuffix: -b\n", ""},
		{"no suffix", header + "  nameSuffix: \"\"\n", ""},
		{"a role that every account can assume", withTrustStatement(`{Effect: Allow, Action: ["sts:TagSession", "sts:Assume*"], Principal: {AWS: "*"}}`),
			`f.yaml:5:99: spec.nodes.trustStatements[0].Principal.AWS: "*" without a Condition lets every identity in every AWS account assume the role: name accounts or roles, or add a Condition`},
		{"a role that all others can assume", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", NotPrincipal: {AWS: "123456789012"}}`),
			`f.yaml:5:79: spec.nodes.trustStatements[0].NotPrincipal: a trust policy cannot have NotPrincipal`},
		{"a misspelt service principal", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: [ec2.amazonaws.com, ecs-taks.amazonaws.com]}}`),
			`f.yaml:5:106: spec.nodes.trustStatements[0].Principal.Service[1]: "ecs-taks.amazonaws.com" is not in capaboot's list of service principals, and IAM refuses a role that trusts a service that does not exist, did you mean "ecs-tasks.amazonaws.com"?`},
		{"a service principal of another domain", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: ec2.c2s.ic.gov}}`), ""},
		{"every account with a condition", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "*"}, Condition: {StringEquals: {"aws:PrincipalOrgID": o-example}}}`), ""},
		{"every account, denied", withTrustStatement(`{Effect: Deny, Action: "sts:AssumeRole", Principal: {AWS: "*"}, Condition: {StringNotEquals: {"aws:PrincipalOrgID": o-example}}}`), ""},
		{"every account, for another action", withTrustStatement(`{Effect: Allow, Action: "sts:TagSession", Principal: {AWS: "*"}}`), ""},
		{"one account", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "123456789012"}}`), ""},
		{"nothing to warn of", header + "  path: /x/\n  permissionsBoundary: arn:aws:iam::123456789012:policy/b\n  nodes: {path: /}\n  bootstrapUser: {enable: true}\n  eks: {}\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded, err := Load("f.yaml", []byte(test.text), options(t))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(loaded.Warnings, "\n")
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRaisedQuotas(t *testing.T) {
	text := []byte(header + "  nodes:\n    extraPolicyAttachments:\n" + manyARNs(20))
	raised := options(t)
	raised.RaisedQuotas = true
	if _, err := Load("f.yaml", text, raised); err != nil {
		t.Errorf("23 policies of 25: %v", err)
	}
	text = append(text, manyARNs(23)[20*len("    - arn:aws:iam::aws:policy/p0\n")+10:]...)
	if _, err := Load("f.yaml", text, raised); err == nil {
		t.Error("26 policies of 25 pass")
	}
}

// TestPrintedConfigurationLoadsAgain checks that print-config prints a valid
// configuration that results in the same template.
func TestPrintedConfigurationLoadsAgain(t *testing.T) {
	for _, path := range append(files(t, "configurations/*.yaml"), files(t, "peer/*.yaml")...) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := loadFile(t, path)
			p, err := c.Printed()
			if err != nil {
				t.Fatal(err)
			}
			printed := rendered(t, render.YAML, p.Configuration)
			loaded, err := Load("printed.yaml", printed, options(t))
			if err != nil {
				t.Fatal(err)
			}
			reloaded := loaded.Configuration
			newest := catalogue(t).Newest()
			if diff := cmp.Diff(generate(t, c, newest).Tree(), generate(t, reloaded, newest).Tree()); diff != "" {
				t.Errorf("(-file +printed)\n%s", diff)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"configurations/*.yaml", "peer/*.yaml"} {
		paths, _ := filepath.Glob(filepath.Join(testdata, pattern))
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	o := options(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		loaded, err := Load("f.yaml", text, o)
		if (loaded == nil) == (err == nil) {
			t.Fatalf("loaded %v with error %v", loaded, err)
		}
		if err != nil {
			if _, ok := err.(problem.List); !ok || err.Error() == "" {
				t.Fatalf("the error is %#v", err)
			}
			return
		}
		if text := rendered(t, render.YAML, loaded.Template.Tree()); strings.Contains(string(text), "\x00") {
			t.Fatal("the template has a reference that was not resolved")
		}
		if _, err := Load("printed.yaml", rendered(t, render.YAML, loaded.Configuration), o); err != nil {
			t.Fatalf("what print-config prints does not load: %v", err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	text, err := os.ReadFile(filepath.Join(testdata, "configurations/everything.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	o := options(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load("everything.yaml", text, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	c, newest := Default(), catalogue(b).Newest()
	b.ReportAllocs()
	for b.Loop() {
		template, err := Generate(c, catalogue(b), newest)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := render.YAML(template.Tree()); err != nil {
			b.Fatal(err)
		}
	}
}

// A file with many wildcards and resources must not take long.
func TestManyActionsAreCheckedInALimitedTime(t *testing.T) {
	var actions, resources []string
	for i := range 3_000 {
		actions = append(actions, "ec2:*"+strconv.Itoa(i)+"*z", "s3:*t*")
		resources = append(resources, "arn:aws:s3:::"+strconv.Itoa(i)+"?*")
	}
	r := newReport("f.yaml")
	statement := catalog.PolicyStatement{Effect: "Allow", Action: actions, Resource: resources}
	checkStatements(r, "spec.nodes.extraStatements", []catalog.PolicyStatement{statement}, false, "aws")
	if r.actionWork < maxActionWork || r.actionWork > 2*maxActionWork {
		t.Errorf("%d comparisons, want about %d", r.actionWork, maxActionWork)
	}
	if len(r.warnings) == 0 || len(r.warnings) > maxProblems {
		t.Errorf("%d warnings", len(r.warnings))
	}
}

func TestPatternsForSeveralPaths(t *testing.T) {
	loaded, err := Load("f.yaml", []byte(header+"  namePrefix: a-\n  path: /x/\n  nodes: {path: /y/z/}\n"), options(t))
	if err != nil {
		t.Fatal(err)
	}
	const want = `set the field to ["a-*.cluster-api-provider-aws.sigs.k8s.io", "x/a-*.cluster-api-provider-aws.sigs.k8s.io", "y/z/a-*.cluster-api-provider-aws.sigs.k8s.io"]`
	if got := strings.Join(loaded.Warnings, "\n"); !strings.HasSuffix(got, want) {
		t.Errorf("got %s", got)
	}
}
