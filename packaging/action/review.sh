#!/usr/bin/env bash
# Reviews the file or folder and writes the findings as SARIF. A finding does not
# fail this step, so that the findings are uploaded first; result.sh fails the job.
#
#   CAPABOOT_PATH          the file or folder
#   CAPABOOT_FAIL_ON       a severity, or "never"
#   CAPABOOT_SUPPRESSIONS  a file with accepted findings, or empty
#   CAPABOOT_RELEASE       the release of CAPA, or empty
#
# The outputs are "sarif", which is the file, and "result", which is passed or
# failed.
set -euo pipefail

arguments=()
if [[ $CAPABOOT_FAIL_ON != never ]]; then arguments+=(--fail-on "$CAPABOOT_FAIL_ON"); fi
if [[ -n $CAPABOOT_SUPPRESSIONS ]]; then arguments+=(--suppressions "$CAPABOOT_SUPPRESSIONS"); fi
if [[ -n $CAPABOOT_RELEASE ]]; then arguments+=(--capa-version "$CAPABOOT_RELEASE"); fi

[[ $CAPABOOT_PATH != /* && /$CAPABOOT_PATH/ != */../* ]] || { echo "::error::path: want a path in the repository"; exit 2; }

sarif=${RUNNER_TEMP:?}/capaboot.sarif
code=0
capaboot policy review "${arguments[@]+"${arguments[@]}"}" -o sarif "./$CAPABOOT_PATH" >"$sarif" || code=$?
case $code in
0) result=passed ;;
3) result=failed ;;
*) exit "$code" ;;
esac
# Code scanning opens an alert for an accepted finding too: it ignores the property
# "suppressions" (https://github.com/github/codeql-action/issues/1230).
if [[ -n $CAPABOOT_SUPPRESSIONS ]]; then
	jq '.runs[].results |= map(select((.suppressions // []) == []))' "$sarif" >"$sarif.new"
	mv "$sarif.new" "$sarif"
fi
# Print the findings to the log.
capaboot policy review "${arguments[@]+"${arguments[@]}"}" "./$CAPABOOT_PATH" || [[ $? -eq 3 ]]
{
	echo "sarif=$sarif"
	echo "result=$result"
} >>"${GITHUB_OUTPUT:?}"
