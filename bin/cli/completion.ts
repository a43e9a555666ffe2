import type { Command } from 'commander';

/** A word that may come next, and what it does. */
export interface Word {
  text: string;
  about: string;
}

/** A command by its path (`keys create`; empty for the program itself), and the words that may follow it. */
export interface Node {
  path: string;
  words: Word[];
}

/** Reads the tree of commands, the deepest first: of two paths that fit what was typed, the longer one is met first. */
export function readTree(command: Command, path = ''): Node[] {
  const { commands, options } = command;
  const help = command.createHelp();
  const words = [
    ...commands.map((child) => ({ text: child.name(), about: child.description() })),
    ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map((text) => ({ text, about: '' }))),
    ...help.visibleOptions(command).map(({ long, description }) => ({ text: long ?? '', about: description })),
  ];
  const children = commands.flatMap((child) => readTree(child, `${path} ${child.name()}`.trim()));
  return options.length + words.length > 0 ? [...children, { path, words }] : children;
}

/** Text inside single quotes, for every shell here. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The words typed before the one being completed, options left out: `keys create shop`. */
const COLLECT = (words: string) => `  local word typed=''
  for word in "${words}"; do
    case $word in -*) ;; *) typed="$typed $word" ;; esac
  done`;

const pattern = ({ path }: Node): string => (path === '' ? '*' : `${quote(` ${path}`)} | ${quote(` ${path} `)}*`);

/** Writes the script for bash. */
export function bashCompletion(tree: readonly Node[]): string {
  const cases = tree.map(
    (node) => `    ${pattern(node)}) words=${quote(node.words.map(({ text }) => text).join(' '))} ;;`,
  );
  return `_heavylift() {
${COLLECT(`\${COMP_WORDS[@]:1:COMP_CWORD-1}`)}
  local words=''
  case $typed in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _heavylift heavylift bin/heavylift`;
}

/** Writes the script for zsh. */
export function zshCompletion(tree: readonly Node[]): string {
  const item = ({ text, about }: Word) => quote(about ? `${text.replaceAll(':', '\\:')}:${about}` : text);
  const cases = tree.map((node) => `    ${pattern(node)}) items=(${node.words.map(item).join(' ')}) ;;`);
  return `#compdef heavylift
_heavylift() {
${COLLECT(`\${(@)words[2,CURRENT-1]}`)}
  local -a items
  case $typed in
${cases.join('\n')}
  esac
  _describe heavylift items
}
compdef _heavylift heavylift bin/heavylift`;
}

/** Writes the script for fish. */
export function fishCompletion(tree: readonly Node[]): string {
  const others = (path: string) =>
    tree.filter((node) => node.path.startsWith(`${path} `.trimStart()) && node.path !== path);
  const lines = tree.flatMap(({ path, words }) => {
    const deeper = others(path).map((node) => node.path);
    const condition = `__heavylift_at ${[path, ...deeper].map(quote).join(' ')}`;
    return words.map(({ text, about }) => {
      const word = text.startsWith('--') ? `-l ${text.slice(2)}` : `-a ${text}`;
      return `complete -c heavylift -f -n ${quote(condition)} ${word} -d ${quote(about)}`;
    });
  });
  return `# Whether what was typed begins with the first path and with none of the others.
function __heavylift_at
  set -l typed (string join ' ' -- (string match -v -- '-*' (commandline -opc)[2..-1]))
  for path in $argv[2..-1]
    string match -q -- "$path *" "$typed "; and return 1
  end
  test "$argv[1]" = ''; or string match -q -- "$argv[1] *" "$typed "
end
${lines.join('\n')}`;
}
