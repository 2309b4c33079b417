#!/usr/bin/env bash
# Fails the job if the review failed, or if permissions changed and
# CAPABOOT_FAIL_ON_CHANGE is true.
#
#   CAPABOOT_REVIEW          the output "result" of review.sh
#   CAPABOOT_CHANGED         the output "changed" of diff.sh
#   CAPABOOT_FAIL_ON_CHANGE  true or false
set -euo pipefail

[[ $CAPABOOT_FAIL_ON_CHANGE == true || $CAPABOOT_FAIL_ON_CHANGE == false ]] || { echo "::error::fail-on-change: want true or false"; exit 2; }

code=0
if [[ $CAPABOOT_REVIEW == failed ]]; then
	echo "::error::the review has findings of the severity in \"fail-on\" or above: see code scanning, or the log of the step Review"
	code=1
fi
if [[ $CAPABOOT_FAIL_ON_CHANGE == true && $CAPABOOT_CHANGED == true ]]; then
	echo "::error::this pull request changes what is allowed: see the summary of the job"
	code=1
fi
exit "$code"
