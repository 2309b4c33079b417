#!/usr/bin/env bash
# Shows in the job summary which permissions the pull request adds and removes. It
# does not change the checkout.
#
#   CAPABOOT_PATH     the file or folder
#   CAPABOOT_BASE     the commit to compare with; if it is empty, nothing is compared
#   CAPABOOT_RELEASE  the release of CAPA, or empty
#
# The output "changed" is true, false, or empty when nothing was compared.
set -euo pipefail

if [[ -z $CAPABOOT_BASE ]]; then
	echo "not compared: this is not a pull request, and the input \"base\" is empty"
	exit 0
fi

[[ $CAPABOOT_PATH != /* && /$CAPABOOT_PATH/ != */../* ]] || { echo "::error::path: want a path in the repository"; exit 2; }

# By default, a checkout has only one commit.
if ! git cat-file -e "$CAPABOOT_BASE^{commit}" 2>/dev/null; then
	git fetch --quiet --depth=1 origin "$CAPABOOT_BASE"
fi
base=${RUNNER_TEMP:?}/capaboot-base
rm -rf "$base"
mkdir "$base"
git archive "$CAPABOOT_BASE" | tar -x -C "$base"

arguments=()
if [[ -n $CAPABOOT_RELEASE ]]; then arguments+=(--capa-version "$CAPABOOT_RELEASE"); fi

report=$RUNNER_TEMP/capaboot-diff.md
code=0
if [[ -e $base/$CAPABOOT_PATH ]]; then
	capaboot policy diff "${arguments[@]+"${arguments[@]}"}" --exit-code -o markdown "$base/$CAPABOOT_PATH" "./$CAPABOOT_PATH" >"$report" || code=$?
else
	echo "The base of this pull request does not have the path $CAPABOOT_PATH: everything in it is new. The review lists what it grants." >"$report"
	code=3
fi
case $code in
0) changed=false ;;
3) changed=true ;;
*) exit "$code" ;;
esac
echo "changed=$changed" >>"${GITHUB_OUTPUT:?}"

# The summary of a step can have at most 1 MiB: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
{
	echo "## What this pull request changes"
	echo
	head -c 900000 "$report"
	if [[ $(wc -c <"$report") -gt 900000 ]]; then
		printf '\n\nThe rest is cut: run "capaboot policy diff" to see all of it.\n'
	fi
} >>"${GITHUB_STEP_SUMMARY:?}"
