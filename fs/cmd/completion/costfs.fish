# fish completion for costfs, which itself knows what may follow: costfs complete -- WORD...

function __costfs_complete
    set -l typed (commandline -opc)
    set -l word (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $typed[1])
    # What is open is a part of a word, and no command's end.
    set word (string replace -r '^[\'"]' '' -- $word | string unescape)
    for line in ($program complete -- \
            (string replace -r '^~/' "$HOME/" -- $typed[2..] $word) 2>/dev/null)
        switch $line
            case ':directories *' ':files *'
                set -l lead (string split ' ' -- $line)[2]
                set -l from (string sub -s (math $lead + 1) -- $word)
                set -l found
                if string match -q ':directories *' -- $line
                    set found (__fish_complete_directories "$from" '')
                else
                    set found (__fish_complete_path "$from" '')
                end
                for path in $found
                    echo -- (string sub -l $lead -- $word)$path
                end
            case '*'
                echo -- $line
        end
    end
end

complete -c costfs -f -k -a '(__costfs_complete)'
