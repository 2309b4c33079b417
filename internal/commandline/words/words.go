// Package words has tables of other names for the commands and flags, from which
// suggestions are made.
package words

import (
	"strings"

	"capaboot/internal/commandline"
	"capaboot/internal/help"
	"capaboot/policies/source"
)

// clusterawsadmHint is the hint for commands that only clusterawsadm has.
const clusterawsadmHint = "download clusterawsadm from https://github.com/kubernetes-sigs/cluster-api-provider-aws/releases"

// dryRun has the flags, without dashes, with which other tools only show what
// would change.
const dryRun = "n " + dryRunLong

// dryRunLong is like dryRun, but without -n, for commands with --namespace: with
// -n, users of kubectl mean the namespace.
const dryRunLong = "dry-run dryrun preview what-if whatif check diff plan show simulate noop no-op"

// All returns other names for the commands and flags, and the commands of
// clusterawsadm that capaboot does not have. Source: cmd/clusterawsadm/cmd of
// CAPA v2.9.1.
func All() commandline.Words {
	words := commandline.Words{
		Commands: map[string]string{
			"bootstrap iam create-cloudformation-stack":                  "create update apply install up init setup stack create-stack update-stack",
			"bootstrap iam delete-cloudformation-stack":                  "destroy remove uninstall delete-stack down",
			"bootstrap iam plan-cloudformation-stack":                    "preview changes status verify drift",
			"bootstrap credentials encode-as-profile":                    "encode login env",
			"bootstrap credentials encode-as-profile -o static-identity": "static static-identity",
			"bootstrap credentials":                                      "creds",
			"bootstrap credentials inspect":                              "decode",
			"bootstrap credentials list-profiles":                        "profiles profile",
			"bootstrap iam print-cloudformation-template":                "template print-template cloudformation generate print",
			"bootstrap iam print-config":                                 "config configuration",
			"bootstrap iam print-policy":                                 "roles policies",
			"bootstrap iam print-operator-policy":                        "operator operator-policy permissions print-deployer-policy deployer",
			"bootstrap iam check":                                        "preflight doctor precheck validate",
			"controller print-credentials":                               "show-credentials get-credentials show get describe describe-credentials credentials",
			"controller rollout-controller":                              "restart rollout restart-controller restart-controllers rollout-restart",
			"controller status":                                          "state health doctor",
			"controller use-pod-identity":                                "podidentity eks-pod-identity associate associate-pod-identity",
			"controller use-irsa":                                        "irsa oidc web-identity annotate",
			"controller zero-credentials":                                "delete-credentials remove-credentials clear-credentials delete remove",
			"controller update-credentials":                              "set-credentials rotate-credentials replace-credentials rotate edit",
			"policy diff":                                                "compare",
			"policy review":                                              "audit check lint validate",
			"policy explain":                                             "why",
			"policy simulate":                                            "can test",
			"policy trust":                                               "trust-policy trust-policies assume-role-policy",
			"policy trust irsa":                                          "oidc web-identity service-account",
			"policy trust pod-identity":                                  "pod-identities eks pods",
			"policy trust account":                                       "role user cross-account",
			"policy trust github":                                        "github-actions actions gha",
			"policy trust service":                                       "services service-principal",
			"bootstrap credentials print-identity":                       "identity identities",
			"version --licenses":                                         "licenses",
		},
		Flags: map[string]string{
			"--output json":        "json",
			"--output":             "out format output-format to",
			"--yes":                "force approve auto-approve no-confirm assume-yes non-interactive noninteractive skip-confirmation",
			"--config":             "c f file filename configuration conf values from-file",
			"--capa-version":       "version release capa capi-version",
			"--detach":             "no-wait async background no-execute",
			"--retain":             "retain-resources keep",
			"--tag":                "tags t",
			"--parameter":          "parameters param parameter-overrides set",
			"--action":             "a actions action-names verb",
			"--resource":           "resources resource-arns",
			"--role-arn":           "role assume-role service-role",
			"--profile":            "p aws-profile account",
			"--region":             "r aws-region location",
			"--exit-code":          "fail detailed-exitcode check",
			"--duration":           "duration-seconds ttl expires-in",
			"--mfa-code":           "token-code otp mfa code token",
			"--mfa-serial":         "serial-number mfa-arn device",
			"--output-file":        "outfile write save",
			"--kubeconfig":         "kube-config",
			"--kubeconfig-context": "context kube-context kubecontext ctx",
			"--namespace":          "ns n A all-namespaces",
			"--cluster-name":       "cluster eks-cluster",
			"--plan":               "dry-run dryrun preview what-if whatif simulate noop no-op",
			"--show-secrets":       "show-secret reveal unmask plain",
		},
		Alternatives: []commandline.Alternative{
			{Target: "bootstrap iam create-cloudformation-stack", Flags: "no-execute-changeset no-execute-change-set", Command: "bootstrap iam plan-cloudformation-stack", Text: "the command shows what would change, and changes nothing"},
			{Target: "bootstrap iam create-cloudformation-stack", Flags: dryRun, Command: "bootstrap iam plan-cloudformation-stack", Text: "the command shows what would change, and changes nothing"},
			{Target: "bootstrap iam plan-cloudformation-stack", Flags: dryRun, Text: "the command changes nothing: no flag is needed"},
			{Target: "bootstrap iam delete-cloudformation-stack", Flags: dryRun, Text: "the command shows what it would delete, and asks for confirmation before it deletes anything"},
			{Target: "bootstrap iam plan-cloudformation-stack", Flags: "yes y force approve auto-approve", Text: "the command changes nothing, so it does not ask for confirmation"},
			{Target: "bootstrap iam check", Flags: "yes y force", Text: "the command changes nothing, so it does not ask for confirmation"},
			{Target: "controller update-credentials", Flags: dryRunLong, Command: "controller print-credentials", Text: "the command shows what the Secret contains, and changes nothing"},
			{Target: "controller zero-credentials", Flags: dryRunLong, Command: "controller status", Text: "the command shows where the controllers can get credentials, and changes nothing"},
			{Target: "controller rollout-controller", Flags: dryRunLong, Command: "controller status", Text: "the command shows the pods and whether a restart helps, and changes nothing"},
			{Target: "policy diff", Flags: "from to old new base head before after left right", Text: "write the two sides without flags, the old side first: capaboot policy diff release:v2.9 release:v2.10"},
			{Target: "policy explain", Flags: "role user principal resource context", Command: "policy simulate", Text: "the command decides one request: policy simulate --role NAME --action ACTION"},
			{Target: "controller status", Flags: "watch w", Text: "the command reports once; to repeat the report: watch capaboot controller status"},
		},
		FileFlag: func(path string) string {
			if strings.HasPrefix(path, source.ReleasePrefix) {
				return "--policy"
			}
			return map[source.Kind]string{source.ConfigurationKind: "--config", source.SuppressionsKind: "--suppressions", source.PoliciesKind: "--policy"}[source.KindOf(path)]
		},
		Help:      help.Text,
		OtherTool: map[string]string{"ami": clusterawsadmHint, "eks": clusterawsadmHint, "gc": clusterawsadmHint, "resource": clusterawsadmHint},
	}
	for _, name := range []string{"check", "plan-cloudformation-stack", "create-cloudformation-stack", "verify-cloudformation-stack", "delete-cloudformation-stack"} {
		target := "bootstrap iam " + name
		words.Alternatives = append(words.Alternatives,
			commandline.Alternative{Target: target, Flags: "stack-name stack", Text: "set spec.stackName in the configuration (--config)"},
			commandline.Alternative{Target: target, Flags: "endpoint-url endpoint", Text: "set AWS_ENDPOINT_URL, or endpoint_url in the profile"},
			commandline.Alternative{Target: target, Flags: "template-file template-body template-url template", Text: "use --config instead: capaboot generates the template from the configuration"},
			commandline.Alternative{Target: target, Flags: "capabilities", Text: "leave the flag out: capaboot passes CAPABILITY_NAMED_IAM when CloudFormation requires the capability"},
		)
	}
	return words
}
