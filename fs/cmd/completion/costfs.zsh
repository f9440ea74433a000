#compdef costfs
# zsh completion for costfs, which itself knows what may follow: costfs complete -- WORD...

_costfs() {
    local line word what kind lead
    local -a typed open closed open_means closed_means kinds
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    typed=("${(@)typed/#\~\//$HOME/}")
    while IFS= read -r line; do
        if [[ $line == :* ]]; then
            kinds+=("$line")
            continue
        fi
        word=${line%%$'\t'*} what=
        [[ $line != *$'\t'* ]] || what=" -- ${line#*$'\t'}"
        if [[ $word == *[/=] || $word == *.. ]]; then
            open+=("$word") open_means+=("$word$what")
        else
            closed+=("$word") closed_means+=("$word$what")
        fi
    done < <(command "${(Q)words[1]/#\~/$HOME}" complete -- "${typed[@]}" 2>/dev/null)
    (($#open == 0)) || compadd -S '' -l -d open_means -a open
    (($#closed == 0)) || compadd -l -d closed_means -a closed
    for kind in "${kinds[@]}"; do
        lead=${kind##* }
        ((lead == 0)) || compset -P $lead
        [[ $kind == :files* ]] && _files || _files -/
    done
}

if [[ $funcstack[1] == _costfs ]]; then
    _costfs "$@"
else
    compdef _costfs costfs
fi
