// Tests of reading the deployed state of a stack as a template.

package account

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"capaboot/iam"
)

// iamDouble is a double of IAM that has the role "nodes" and every customer
// managed policy. A call of an operation that it lacks panics.
type iamDouble struct{}

const emptyDocument = `%7B%22Statement%22%3A%5B%5D%7D` // {"Statement":[]}, as IAM sends it

func (iamDouble) GetRole(_ context.Context, in *awsiam.GetRoleInput, _ ...func(*awsiam.Options)) (*awsiam.GetRoleOutput, error) {
	if *in.RoleName != "nodes" {
		return nil, &types.NoSuchEntityException{}
	}
	return &awsiam.GetRoleOutput{Role: &types.Role{Path: aws.String("/"), AssumeRolePolicyDocument: aws.String(`{"Statement":[]}`),
		Tags:                []types.Tag{{Key: aws.String("cost"), Value: aws.String("1")}, {Key: aws.String("stage"), Value: aws.String("test")}, {Key: aws.String("team"), Value: aws.String("capa")}},
		PermissionsBoundary: &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String("arn:aws:iam::123456789012:policy/own")}}}, nil
}

func (iamDouble) ListRolePolicies(_ context.Context, in *awsiam.ListRolePoliciesInput, _ ...func(*awsiam.Options)) (*awsiam.ListRolePoliciesOutput, error) {
	if in.Marker == nil {
		return &awsiam.ListRolePoliciesOutput{PolicyNames: []string{"b"}, Marker: aws.String("2")}, nil
	}
	return &awsiam.ListRolePoliciesOutput{PolicyNames: []string{"a"}}, nil
}

func (iamDouble) GetRolePolicy(context.Context, *awsiam.GetRolePolicyInput, ...func(*awsiam.Options)) (*awsiam.GetRolePolicyOutput, error) {
	return &awsiam.GetRolePolicyOutput{PolicyDocument: aws.String(emptyDocument)}, nil
}

func (iamDouble) ListAttachedRolePolicies(context.Context, *awsiam.ListAttachedRolePoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListAttachedRolePoliciesOutput, error) {
	var all []types.AttachedPolicy
	for _, arn := range []string{"arn:aws:iam::aws:policy/theirs", "arn:aws:iam::123456789012:policy/own", "arn:aws:iam::123456789012:policy/hand"} {
		all = append(all, types.AttachedPolicy{PolicyArn: aws.String(arn)})
	}
	return &awsiam.ListAttachedRolePoliciesOutput{AttachedPolicies: all}, nil
}

func (iamDouble) GetInstanceProfile(context.Context, *awsiam.GetInstanceProfileInput, ...func(*awsiam.Options)) (*awsiam.GetInstanceProfileOutput, error) {
	return &awsiam.GetInstanceProfileOutput{InstanceProfile: &types.InstanceProfile{Path: aws.String("/"), Roles: []types.Role{{RoleName: aws.String("nodes")}}}}, nil
}

func (iamDouble) GetPolicy(_ context.Context, in *awsiam.GetPolicyInput, _ ...func(*awsiam.Options)) (*awsiam.GetPolicyOutput, error) {
	return &awsiam.GetPolicyOutput{Policy: &types.Policy{PolicyName: aws.String((*in.PolicyArn)[len("arn:aws:iam::123456789012:policy/"):]), Path: aws.String("/"), DefaultVersionId: aws.String("v1")}}, nil
}

func (iamDouble) GetPolicyVersion(context.Context, *awsiam.GetPolicyVersionInput, ...func(*awsiam.Options)) (*awsiam.GetPolicyVersionOutput, error) {
	return &awsiam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{Document: aws.String(emptyDocument)}}, nil
}

func TestDeployed(t *testing.T) {
	template, missing, err := Deployed(t.Context(), API{
		GetRole: iamDouble{}.GetRole, ListRolePolicies: iamDouble{}.ListRolePolicies, GetRolePolicy: iamDouble{}.GetRolePolicy,
		ListAttachedRolePolicies: iamDouble{}.ListAttachedRolePolicies, GetPolicy: iamDouble{}.GetPolicy, GetPolicyVersion: iamDouble{}.GetPolicyVersion,
		GetInstanceProfile: iamDouble{}.GetInstanceProfile,
	}, []iam.StackResource{
		{LogicalID: "Nodes", Type: "AWS::IAM::Role", PhysicalID: "nodes"}, {LogicalID: "Gone", Type: "AWS::IAM::Role", PhysicalID: "gone"}, {LogicalID: "Profile", Type: "AWS::IAM::InstanceProfile", PhysicalID: "nodes"},
		{LogicalID: "Own", Type: "AWS::IAM::ManagedPolicy", PhysicalID: "arn:aws:iam::123456789012:policy/own"},
	}, map[string]string{"cost": "1", "stage": "prod"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Gone"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	var want any
	if err := json.Unmarshal([]byte(`{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
		"Nodes": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "nodes", "Path": "/", "AssumeRolePolicyDocument": {"Statement": []},
			"PermissionsBoundary": {"Ref": "Own"}, "Tags": [{"Key": "stage", "Value": "test"}, {"Key": "team", "Value": "capa"}],
			"Policies": [{"PolicyName": "a", "PolicyDocument": {"Statement": []}}, {"PolicyName": "b", "PolicyDocument": {"Statement": []}}],
			"ManagedPolicyArns": [{"Ref": "arn:aws:iam::123456789012:policy/hand"}, {"Ref": "Own"}, "arn:aws:iam::aws:policy/theirs"]}},
		"Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": "nodes", "Path": "/", "Roles": ["nodes"]}},
		"Own": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "own", "Path": "/", "PolicyDocument": {"Statement": []}}},
		"arn:aws:iam::123456789012:policy/hand": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "hand", "Path": "/", "PolicyDocument": {"Statement": []}}}
	}}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, any(template)); diff != "" {
		t.Errorf("the template (-want +got):\n%s", diff)
	}
}

// TestReadingWithoutResponses checks that after three consecutive reads without
// a response, or fewer if they take long, the remaining reads are skipped. A
// response resets the count and the time.
func TestReadingWithoutResponses(t *testing.T) {
	for _, test := range []struct {
		name     string
		takes    time.Duration
		answered int // every n-th read is answered; 0 for none
		want     int
	}{
		{"refused at once", 0, 0, 3},
		{"refused after a while", 20 * time.Second, 0, 2},
		{"no response within the attempts", 47 * time.Second, 0, 1},
		{"slow, with responses", 29 * time.Second, 2, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				reader := Reader{OnFailure: func(FailedRead) error { return nil }, API: API{
					GetRole: func(context.Context, *awsiam.GetRoleInput, ...func(*awsiam.Options)) (*awsiam.GetRoleOutput, error) {
						n++
						if test.answered > 0 && n%test.answered == 0 {
							return nil, &types.NoSuchEntityException{}
						}
						time.Sleep(test.takes)
						return nil, errors.New("no response")
					},
				}}
				var resources []iam.StackResource
				for i := range 10 {
					resources = append(resources, iam.StackResource{LogicalID: strconv.Itoa(i), Type: iam.TypeRole, PhysicalID: strconv.Itoa(i)})
				}
				if _, err := reader.Read(t.Context(), resources); err != nil || n != test.want {
					t.Errorf("%d reads, want %d (%v)", n, test.want, err)
				}
			})
		})
	}
}
