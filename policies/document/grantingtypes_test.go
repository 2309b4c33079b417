// Tests which resources of less common types count as granting access.

package document

import (
	"fmt"
	"testing"
)

func TestTypesThatGrant(t *testing.T) {
	const statement = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`
	for resource, want := range map[string]string{
		"{Type: AWS::Logs::Destination, Properties: {DestinationPolicy: '" + statement + "'}}":                 "1 read, 0 unread",
		"{Type: AWS::Organizations::ResourcePolicy, Properties: {Content: " + statement + "}}":                 "1 read, 0 unread",
		"{Type: AWS::Organizations::ResourcePolicy, Properties: {Content: '" + statement + "'}}":               "1 read, 0 unread",
		"{Type: AWS::Organizations::ResourcePolicy, Properties: {Content: !ToJsonString " + statement + "}}":   "1 read, 0 unread",
		"{Type: AWS::New::Thing, Properties: {PolicyInJson: '" + statement + "'}}":                             "1 read, 0 unread",
		"{Type: AWS::SSM::Parameter, Properties: {Type: String, Value: '" + statement + "'}}":                  "0 read, 0 unread",
		"{Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {POLICY: '" + statement + "'}}}}": "0 read, 0 unread",
		"{Type: AWS::Events::EventBus, Properties: {Policy: {Effect: Allow, Principal: '*', Action: '*'}}}":    "0 read, 1 unread",
		"{Type: AWS::QBusiness::Permission, Properties: {Principal: '111122223333'}}":                          "0 read, 1 unread",
		"{Type: AWS::Organizations::Policy, Properties: {Content: " + statement + "}}":                         "0 read, 0 unread",
		"{Type: AWS::Signer::ProfilePermission, Properties: {Principal: '111122223333'}}":                      "0 read, 1 unread",
		"{Type: AWS::OpenSearchServerless::AccessPolicy, Properties: {Policy: '[]'}}":                          "0 read, 1 unread",
		"{Type: AWS::EntityResolution::PolicyStatement, Properties: {Principal: ['*'], Effect: Allow}}":        "0 read, 1 unread",
		"{Type: AWS::IdentityStore::GroupMembership, Properties: {GroupId: g}}":                                "0 read, 1 unread",
		"{Type: AWS::EC2::NetworkInterfacePermission, Properties: {AwsAccountId: '111122223333'}}":             "0 read, 1 unread",
		"{Type: AWS::OpenSearchServerless::LifecyclePolicy, Properties: {Policy: '{}', Type: retention}}":      "0 read, 0 unread",
	} {
		set, err := ReadSet("t.yaml", []byte("Resources: {R: "+resource+"}"))
		if err != nil {
			t.Errorf("%s: %v", resource, err)
			continue
		}
		unread := 0
		for _, u := range set.Unread {
			if u.Grants {
				unread++
			}
		}
		if got := fmt.Sprintf("%d read, %d unread", len(set.Principals), unread); got != want {
			t.Errorf("%s: %s, want %s", resource, got, want)
		}
	}
}
