#compdef NAME
# Completion of NAME for zsh. In this shell, after compinit:
#   source <(NAME completion zsh)
# In every shell, in a folder of $fpath:
#   NAME completion zsh >"${fpath[1]}/_NAME"
FUNCTION() {
	local out line number value
	local -a asked values shown
	asked=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
	# Passed on stdin, so that process lists do not show what was typed.
	out=$(print -rNn -- "${asked[@]}" | command NAME __complete zsh 2>/dev/null) || return 1
	number=${out##*:}
	for line in "${(@f)out}"; do
		[[ -z $line || $line == :* ]] && continue
		value=${line%%$'\t'*}
		values+=("$value")
		if [[ $line == *$'\t'* ]]; then shown+=("$value  -- ${line#*$'\t'}"); else shown+=("$value"); fi
	done
	local -a options
	((number & 2)) && options=(-S '')
	local result=1
	if ((${#values})); then
		compadd -l "${options[@]}" -d shown -a -- values && result=0
	fi
	if ! ((number & 4)); then
		if [[ $PREFIX == -*=* ]]; then compset -P '*='; fi
		_files && result=0
	fi
	return result
}
if [[ $funcstack[1] == _NAME ]]; then
	FUNCTION "$@"
else
	compdef FUNCTION NAME
fi
