# bash completion for costfs, which itself knows what may follow: costfs complete -- WORD...

# Sets words: what stands before the cursor, without quotes, the last being typed; base: how
# much of that the line editor takes for a word of its own and leaves alone; quote: one that is
# open; home: the last one begins with ~.
_costfs_words() {
    local i c word='' line=${COMP_LINE:0:COMP_POINT} any=''
    words=() base=0 quote='' home=''
    for ((i = 0; i < ${#line}; i++)); do
        c=${line:i:1}
        if [[ -n $quote && $c == "$quote" ]]; then
            quote=''
        elif [[ $quote == "'" ]]; then
            word+=$c
        elif [[ $c == \\ ]]; then
            i=$((i + 1)) any=1
            word+=${line:i:1}
        elif [[ -n $quote ]]; then
            word+=$c
        elif [[ $c == [\"\'] ]]; then
            quote=$c any=1 base=${#word}
        elif [[ $c == [[:space:]] ]]; then
            [[ -z $any ]] || words+=("${home:+$HOME}${word#"$home"}")
            word='' any='' base=0 home=''
        else
            [[ $c != '~' || -n $any ]] || home='~'
            any=1
            word+=$c
            [[ $COMP_WORDBREAKS != *"$c"* ]] || base=${#word}
        fi
    done
    [[ $word == \~ || $word == \~/* ]] || home=''
    words+=("${home:+$HOME}${word#"$home"}")
}

# As it has to stand in the line.
_costfs_quote() {
    case $quote in
    \') printf -v answer %s "$1" ;;
    \") answer=${1//\\/\\\\} answer=${answer//\"/\\\"} answer=${answer//\$/\\\$}
        answer=${answer//\`/\\\`} ;;
    *) printf -v answer %q "$1" && [[ -n $1 ]] || answer='' ;;
    esac
}

_costfs_offer() {
    local answer
    if [[ -n $home && $1 == "$HOME"/* ]]; then
        _costfs_quote "${1#"$HOME"}"
        answer='~'$answer
    else
        _costfs_quote "${1:base}"
    fi
    COMPREPLY+=("$answer")
    [[ $1 != *[/=] && $1 != *.. ]] || compopt -o nospace
}

_costfs() {
    local words base quote home line lead found
    _costfs_words
    local word=${words[-1]}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :*)
            lead=${line##* }
            local kind=-f
            [[ $line != :directories* ]] || kind=-d
            while IFS= read -r found; do
                [[ ! -d $found ]] || found+=/
                _costfs_offer "${word:0:lead}$found"
            done < <(compgen $kind -- "${word:lead}")
            ;;
        *) _costfs_offer "${line%%$'\t'*}" ;;
        esac
    done < <(command "${COMP_WORDS[0]/#\~/$HOME}" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _costfs costfs
