/** What each shell is taught. All of them hand over the line up to the cursor as one text, and run nothing that is in it. */

export type Shell = keyof typeof SHELL_SCRIPTS;

const bash = `# servelab: completion for bash. In ~/.bashrc: source <(servelab completion bash)
_servelab() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default
      COMPREPLY=()
      return
    fi
    COMPREPLY+=("$line")
  done < <("$1" complete bash "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -F _servelab servelab serve
`;

const zsh = String.raw`#compdef servelab serve
# servelab: completion for zsh. In ~/.zshrc, after compinit: source <(servelab completion zsh)
_servelab() {
  local line value text="${'$'}{(j: :)words[1,CURRENT-1]} $PREFIX"
  local -a values shown open
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    value="${'$'}{line%%$'\t'*}"
    if [[ $value == *= ]]; then
      open+=("$value")
    else
      values+=("$value")
      shown+=("${'$'}{line/$'\t'/  -- }")
    fi
  done < <("${'$'}{words[1]}" complete zsh "$text" 2>/dev/null)
  (( ${'$'}{#open} )) && compadd -S '' -a open
  (( ${'$'}{#values} )) && compadd -l -d shown -a values
}
compdef _servelab servelab serve
`;

const fish = String.raw`# servelab: completion for fish. In ~/.config/fish/config.fish: servelab completion fish | source
function __servelab_complete
    set -l words (commandline -op)
    set -l found ($words[1] complete fish (commandline -cp) 2>/dev/null)
    if test "$found[1]" = ":files"
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end
complete -c servelab -f -a '(__servelab_complete)'
complete -c serve -f -a '(__servelab_complete)'
`;

export const SHELL_SCRIPTS = { bash, zsh, fish } as const;
