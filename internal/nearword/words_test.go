// Tests of suggestions for the name of a policy.

package nearword

import "testing"

func TestClosestByWords(t *testing.T) {
	names := []string{"AWSIAMManagedPolicyControllers", "AWSIAMManagedPolicyControllersEKS", "AWSIAMManagedPolicyCloudProviderControlPlane",
		"AWSIAMManagedPolicyCloudProviderNodes", "AWSEBSCSIPolicyController", "AWSIAMManagedPolicyEKSConsole"}
	for name, want := range map[string]int{
		"AWSIAMManagedPolicyControler": 0, "controllers": 0, "Controllers": 0, "AWSIAMManagedPolicyController": 0, "ControllersEKS": 1, "controllers-eks": 1, "AWSIAMManagedPolicyControllerEKS": 1,
		"control-plane": 2, "AWSIAMManagedPolicyControlPlane": 2, "AWSIAMManagedPolicyCloudProviderControlplane": 2, "nodes": 3, "AWSIAMManagedPolicyNodes": 3, "AWSIAMManagedPolicyCloudProviderNode": 3,
		"csi": 4, "EBSCSI": 4, "AWSEBSCSIController": 4, "AWSIAMManagedPolicyEBSCSI": 4, "EKSConsole": 5, "console": 5, "AWSIAMManagedPolicyConsole": 5,
	} {
		if got := ClosestByWords(name, names, "AWSIAM", "Managed", "Policy"); got != names[want] {
			t.Errorf("%s: %s, want %s", name, got, names[want])
		}
	}
	if got := ClosestByWords("xyz", names, "AWSIAM", "Managed", "Policy"); got != "" {
		t.Errorf("xyz is near %s", got)
	}
}
