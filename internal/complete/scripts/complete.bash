# Completion of NAME for bash. In this shell:
#   source <(NAME completion bash)
# In every shell (needs the package bash-completion):
#   NAME completion bash >~/.local/share/bash-completion/completions/NAME
FUNCTION() {
	local out line number
	COMPREPLY=()
	# Passed on stdin, so that process lists do not show what was typed.
	out=$(printf '%s\0' "$COMP_LINE" "$COMP_POINT" "$COMP_WORDBREAKS" | command NAME __complete bash 2>/dev/null) || return 0
	number=${out##*:}
	while IFS= read -r line; do
		[[ -n $line && $line != :* ]] && COMPREPLY+=("$line")
	done <<<"$out"
	if ((number & 2)); then compopt -o nospace 2>/dev/null; fi
	if ((number & 4)); then return 0; fi
	if ((${#COMPREPLY[@]} == 0)); then
		compopt -o default 2>/dev/null
	else
		local word=${COMP_WORDS[COMP_CWORD]}
		while IFS= read -r line; do
			if [[ -d $line ]]; then line+=/; fi
			printf -v line %q "$line"
			COMPREPLY+=("$line")
		done < <(compgen -f -- "$word")
	fi
}
complete -F FUNCTION NAME
