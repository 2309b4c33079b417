# Completion of NAME for fish. In this shell:
#   NAME completion fish | source
# In every shell:
#   NAME completion fish >~/.config/fish/completions/NAME.fish
function FUNCTION
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    # Passed on stdin, so that process lists do not show what was typed.
    set -l out (string join0 -- $words "$current" | command NAME __complete fish 2>/dev/null)
    or return
    set -l number (string replace : '' -- $out[-1])
    set -e out[-1]
    for line in $out
        printf '%s\n' $line
    end
    if test (math "bitand($number, 4)") -eq 0
        if string match -qr -- '^-[^=]*=' $current
            set -l before (string match -r -- '^-[^=]*=' $current)
            for path in (__fish_complete_path (string replace -- $before '' $current))
                printf '%s%s\n' $before $path
            end
        else
            __fish_complete_path $current
        end
    end
end
complete -c NAME -f -a '(FUNCTION)'
