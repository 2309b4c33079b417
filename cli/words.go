// What people type besides the commands that exist.

package cli

import (
	"capaboot/internal/commandline"
	"capaboot/internal/examples"
)

// peerHelp is where the commands come from that this program does not have.
const peerHelp = "download clusterawsadm from https://github.com/kubernetes-sigs/cluster-api-provider-aws/releases"

// words are other words for the commands, and the commands of the peer that are
// no part of preparing an account: see cmd/clusterawsadm/cmd of CAPA v2.9.1.
func words() commandline.Words {
	return commandline.Words{
		Meant: map[string]string{
			"bootstrap iam create-cloudformation-stack":   "create update apply install up init setup stack create-stack update-stack",
			"bootstrap iam delete-cloudformation-stack":   "destroy remove uninstall delete-stack down",
			"bootstrap iam plan-cloudformation-stack":     "preview changes status verify drift",
			"bootstrap credentials encode-as-profile":     "encode login env",
			"bootstrap credentials":                       "creds",
			"bootstrap credentials inspect":               "decode",
			"bootstrap credentials list-profiles":         "profiles profile",
			"bootstrap iam print-cloudformation-template": "template print-template cloudformation generate print",
			"bootstrap iam print-config":                  "config configuration",
			"bootstrap iam print-policy":                  "roles policies",
			"bootstrap iam print-operator-policy":         "operator operator-policy permissions print-deployer-policy deployer",
			"policy diff":                                 "compare",
			"policy review":                               "audit check lint",
			"policy explain":                              "why",
			"policy simulate":                             "can test",
			"version --licenses":                          "licenses",
		},
		Examples:  examples.Help,
		Elsewhere: map[string]string{"ami": peerHelp, "controller": peerHelp, "eks": peerHelp, "gc": peerHelp, "resource": peerHelp},
	}
}
