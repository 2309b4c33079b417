// Tests of telling placeholders from IAM policy variables, and of the
// precedence of paths and permissions boundaries.

package iam

import (
	"strings"
	"testing"
)

func TestPlaceholders(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:iam::${AWS::AccountId}:role/x":              "${AWS::AccountId}",
		"arn:${AWS::Partition}:s3:::b-${AWS::Region}":        "${AWS::Partition} ${AWS::Region}",
		"${ACCOUNT} ${ACCOUNT}":                              "${ACCOUNT}",
		"${ACCOUNT:-123456789012}":                           "${ACCOUNT:-123456789012}",
		"${Role.Arn}":                                        "${Role.Arn}",
		"${}":                                                "${}",
		"arn:aws:iam::$ACCOUNT_ID:role/x":                    "$ACCOUNT_ID",
		"arn:aws:iam::<AWS_ACCOUNT>:role/x":                  "<AWS_ACCOUNT>",
		"arn:aws:iam::{{ .Values.account }}:role/x":          "{{ .Values.account }}",
		"arn:aws:s3:::${aws:username}/*":                     "",
		"arn:aws:s3:::${aws:PrincipalTag/team, 'none'}/*":    "",
		"arn:aws:s3:::${s3:prefix}${*}${?}${$}":              "",
		"${oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE:sub}": "",
		"$LATEST":                              "",
		"a < b > c":                            "",
		"ec2.amazonaws.com":                    "",
		"arn:aws:s3:::${aws:username}/${NAME}": "${NAME}",
		"arn:aws:secretsmanager:*:*:secret:$" + "{aws:userid}": "",
	} {
		if got := strings.Join(placeholders(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPlaceholdersAreWarnings(t *testing.T) {
	const (
		pseudo = " is a pseudo parameter of CloudFormation, and pseudo parameters are not substituted: write the value"
		at     = "spec.nodes.extraStatements[0]."
	)
	for _, test := range []struct {
		name, text, warning, problem string
	}{
		{"a resource", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "arn:${AWS::Partition}:s3:::b"}`), at + `Resource: "${AWS::Partition}"` + pseudo, ""},
		{"a list", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: ["*", "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"]}`),
			at + `Resource[1]: "${AWS::Region}"` + pseudo + "|" + at + `Resource[1]: "${AWS::AccountId}"` + pseudo, ""},
		{"a condition", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:SourceAccount": "${AWS::AccountId}"}}}`),
			at + `Condition.StringEquals.aws:SourceAccount: "${AWS::AccountId}"` + pseudo, ""},
		{"a principal", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: "arn:aws:iam::${AWS::AccountId}:root"}}`),
			`spec.nodes.trustStatements[0].Principal.AWS: "${AWS::AccountId}"` + pseudo, ""},
		{"an account alone", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: "${AWS::AccountId}"}}`),
			`spec.nodes.trustStatements[0].Principal.AWS: "${AWS::AccountId}"` + pseudo, ""},
		{"IAM policy variables", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::${aws:username}/*", Condition: {StringLike: {"s3:prefix": "${aws:userid}/*"}}}`), "", ""},
		{"another problem in the same text", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s*:::${AWS::Region}"}`), "", at + `Resource: "arn:aws:s*:::${AWS::Region}" has "s*" as the service`},
		{"a boundary", header + "  permissionsBoundary: \"arn:aws:iam::${AWS::AccountId}:policy/b\"\n", `spec.permissionsBoundary: "${AWS::AccountId}"` + pseudo, ""},
	} {
		loaded, err := Load("f.yaml", []byte(test.text), options(t))
		if test.problem != "" {
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%s: %v, want %s", test.name, err, test.problem)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		want := strings.Split(test.warning, "|")
		if test.warning == "" {
			want = nil
		}
		if len(loaded.Warnings) != len(want) || len(loaded.Unfilled) != strings.Count(test.name, "boundary") {
			t.Errorf("%s: %q, unfilled %q", test.name, loaded.Warnings, loaded.Unfilled)
			continue
		}
		for i, warning := range loaded.Warnings {
			if !strings.HasSuffix(warning, ": "+want[i]) {
				t.Errorf("%s: %q, want %q", test.name, warning, want[i])
			}
		}
	}
}

// TestPathsAndBoundaries checks the precedence: first the role's own path and
// boundary; then, for the controllers and the nodes, those of the control plane
// role; then those of spec.
func TestPathsAndBoundaries(t *testing.T) {
	const b = "arn:aws:iam::123456789012:policy/"
	text := header + "  path: /spec/\n  permissionsBoundary: " + b + "spec\n" +
		"  controlPlane: {path: /cp/, permissionsBoundary: " + b + "cp}\n  nodes: {path: /nodes/}\n" +
		"  bootstrapUser: {enable: true, permissionsBoundary: " + b + "user}\n  eks: {fargate: {path: /}, managedMachinePool: {permissionsBoundary: " + b + "pool}}\n"
	loaded, err := Load("f.yaml", []byte(text), options(t))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		roleControlPlane: "/cp/ cp", roleControllers: "/cp/ cp", roleNodes: "/nodes/ cp",
		roleEKSControlPlane: "/spec/ spec", roleEKSNodegroup: "/spec/ pool", roleEKSFargate: "/ spec", userBootstrapper: "/spec/ user",
	} {
		properties := loaded.Template.properties(id)
		path, _ := properties["Path"].(string)
		boundary, _ := properties["PermissionsBoundary"].(string)
		if got := path + " " + strings.TrimPrefix(boundary, b); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	// Groups, instance profiles and managed policies have no path.
	for id := range loaded.Template.Resources {
		if _, hasPath := loaded.Template.properties(id)["Path"]; hasPath && !strings.HasPrefix(id, "AWSIAMRole") && id != userBootstrapper {
			t.Errorf("%s has a path", id)
		}
	}
	if len(loaded.Warnings) != 0 {
		t.Errorf("warnings: %q", loaded.Warnings)
	}
	for _, invalid := range []string{"  path: capa\n", "  permissionsBoundary: x\n", "  bootstrapUser: {path: /a}\n", "  bootstrapUser: {permissionsBoundary: x}\n"} {
		if _, err := Load("f.yaml", []byte(header+invalid), options(t)); err == nil {
			t.Errorf("%q is loaded", invalid)
		}
	}
}
