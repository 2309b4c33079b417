// Tests the rules on trust: conditions that narrow and ones that do not, issuers, services.

package review
