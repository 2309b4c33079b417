package explain

// That what is known at deployment only covers what a call needs just where it is
// the stack's own account, region or partition.

import (
	"testing"

	"capaboot/policies/document"
)

func TestOfAnyAccount(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]bool{
		"arn:*:ec2:*:*:network-interface/*":                                              true,
		"arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:network-interface/*": true,
		"arn:*:ec2:*:*:network-interface/${Ref:Interface}":                               false,
		"arn:*:ec2:*:*:network-interface/${AWS::StackName}":                              false,
		"${Ref:Everything}": false,
	} {
		if got := document.CoversResource(ofAnyAccount(resource), "arn:*:ec2:*:*:network-interface/*"); got != want {
			t.Errorf("%s covers every network interface: %v, want %v", resource, got, want)
		}
	}
}
