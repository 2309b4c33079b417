// What people type besides the commands that exist.

package cli

import "capaboot/internal/commandline"

// peerHelp is where the commands come from that this program does not have.
const peerHelp = "get clusterawsadm from https://github.com/kubernetes-sigs/cluster-api-provider-aws/releases"

// words are other words for the commands, and the commands of the peer that are
// no part of preparing an account: see cmd/clusterawsadm/cmd of CAPA v2.9.1.
var words = commandline.Words{
	Meant: map[string]string{
		"create": "bootstrap iam create-cloudformation-stack", "update": "bootstrap iam create-cloudformation-stack", "apply": "bootstrap iam create-cloudformation-stack",
		"install": "bootstrap iam create-cloudformation-stack", "up": "bootstrap iam create-cloudformation-stack", "init": "bootstrap iam create-cloudformation-stack",
		"setup": "bootstrap iam create-cloudformation-stack", "stack": "bootstrap iam create-cloudformation-stack", "create-stack": "bootstrap iam create-cloudformation-stack",
		"update-stack": "bootstrap iam create-cloudformation-stack", "destroy": "bootstrap iam delete-cloudformation-stack", "remove": "bootstrap iam delete-cloudformation-stack",
		"uninstall": "bootstrap iam delete-cloudformation-stack", "delete-stack": "bootstrap iam delete-cloudformation-stack", "down": "bootstrap iam delete-cloudformation-stack",
		"preview": "bootstrap iam plan-cloudformation-stack", "changes": "bootstrap iam plan-cloudformation-stack", "status": "bootstrap iam plan-cloudformation-stack",
		"verify": "bootstrap iam plan-cloudformation-stack", "drift": "bootstrap iam plan-cloudformation-stack",
		"encode": "bootstrap credentials encode-as-profile", "creds": "bootstrap credentials", "login": "bootstrap credentials encode-as-profile", "env": "bootstrap credentials encode-as-profile",
		"decode": "bootstrap credentials inspect", "profiles": "bootstrap credentials list-profiles", "profile": "bootstrap credentials list-profiles",
		"template": "bootstrap iam print-cloudformation-template", "print-template": "bootstrap iam print-cloudformation-template", "cloudformation": "bootstrap iam print-cloudformation-template",
		"generate": "bootstrap iam print-cloudformation-template", "print": "bootstrap iam print-cloudformation-template",
		"config": "bootstrap iam print-config", "configuration": "bootstrap iam print-config", "roles": "bootstrap iam print-policy", "policies": "bootstrap iam print-policy",
		"compare": "policy diff", "audit": "policy review", "check": "policy review", "lint": "policy review", "why": "policy explain", "can": "policy simulate", "test": "policy simulate",
		"licenses": "version --licenses",
	},
	Elsewhere: map[string]string{"ami": peerHelp, "eks": peerHelp, "gc": peerHelp, "resource": peerHelp},
}
