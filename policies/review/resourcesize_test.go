// Tests that the size limits of policies apply exactly.

package review

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestSizesOfResourcePolicies(t *testing.T) {
	t.Parallel()
	const unlimited = 200_000 // a size that must be accepted where no limit is known
	for resource, maximum := range map[string]int{
		`X: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [q], PolicyDocument: %s}}`:               8192,
		`X: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: %s}}`:                 20480,
		`X: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: s, ResourcePolicy: %s}}`: 20480,
		`X: {Type: AWS::KMS::Key, Properties: {KeyPolicy: %s}}`:                                         32768,
		`X: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [t], PolicyDocument: %s}}`:               30720,
		`X: {Type: AWS::ECR::Repository, Properties: {RepositoryPolicyText: %s}}`:                       10240,
		`X: {Type: AWS::EFS::FileSystem, Properties: {FileSystemPolicy: %s}}`:                           20000,
		`X: {Type: AWS::Backup::BackupVault, Properties: {BackupVaultName: v, AccessPolicy: %s}}`:       unlimited,
		`X: {Type: AWS::S3Express::BucketPolicy, Properties: {Bucket: b, PolicyDocument: %s}}`:          unlimited,
		`X: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: %s}}`:                         2048,
		`X: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: %s}}`:                          6144,
	} {
		t.Run(strings.Fields(resource)[2], func(t *testing.T) {
			t.Parallel()
			policy := func(padding int) string { // each value takes 100 characters with its quotes and comma
				values := strings.Repeat(`"`+strings.Repeat("v", 97)+`",`, padding/100) + `"` + strings.Repeat("v", padding%100) + `"`
				return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/x":[` + values + `]}}}]}`
			}
			bare := len(policy(0))
			for size, want := range map[int]bool{maximum: false, maximum + 1: maximum < unlimited} {
				set, err := document.ReadSet("t.yaml", []byte("Resources:\n  "+fmt.Sprintf(resource, policy(size-bare))))
				if err != nil {
					t.Fatal(err)
				}
				report, err := Review(set, Options{Rules: []string{"quota"}})
				if err != nil {
					t.Fatal(err)
				}
				tooLarge := false
				for _, f := range report.Findings {
					tooLarge = tooLarge || f.Rule == "quota" && f.Severity >= Medium
				}
				if tooLarge != want {
					t.Errorf("with %d characters: too large is %t, want %t: %v", size, tooLarge, want, report.Findings)
				}
			}
		})
	}
}
