/**
 * What each shell loads. All the knowledge is in `drydock __complete WORDS…`, which prints one candidate per line (with a description
 * after a tab) for the last word; an empty answer means file names.
 */
export const scripts: Readonly<Record<string, string>> = {
  bash: `# drydock completion for bash: source <(drydock completion bash)
_drydock() {
  local candidates line
  COMPREPLY=()
  candidates=$("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  while IFS= read -r line; do
    [ -n "$line" ] && COMPREPLY+=("\${line%%$'\\t'*}")
  done <<<"$candidates"
  [ \${#COMPREPLY[@]} -gt 0 ] || compopt -o default
}
complete -F _drydock drydock
`,
  zsh: `#compdef drydock
# drydock completion for zsh: drydock completion zsh > a directory of $fpath/_drydock, or source it
_drydock() {
  local -a candidates described
  local line
  candidates=("\${(@f)$(\${words[1]} __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $candidates; do
    [[ -n $line ]] || continue
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#described} )); then _describe drydock described; else _files; fi
}
if [ "$funcstack[1]" = "_drydock" ]; then _drydock "$@"; else compdef _drydock drydock; fi
`,
  fish: `# drydock completion for fish: drydock completion fish > ~/.config/fish/completions/drydock.fish
function __drydock_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c drydock -f -a '(__drydock_complete)'
complete -c drydock -n 'test -z (__drydock_complete | string collect)' -F
`,
};
