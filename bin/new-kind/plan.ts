import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameKind } from './names.ts';
import { envSection, type KindNames, newFiles, readmeRow } from './templates.ts';

/** A file as it shall be; `purpose` is what a reader is told of it. */
export interface PlannedFile {
  path: string;
  content: string;
  purpose: string;
}

/** Everything that a new kind needs: files of its own, and lines in those that are there. */
export interface KindPlan {
  names: KindNames;
  created: PlannedFile[];
  changed: PlannedFile[];
}

/** Makes the plan for a kind of that name and writes nothing. Throws BadName; Error where a file lacks its place for it. */
export function planKind(kind: string, repository: string): KindPlan {
  const names = nameKind(kind, repository);
  const change = (path: string, purpose: string, edit: (text: string, path: string) => string): PlannedFile => ({
    path,
    content: edit(readFileSync(join(repository, path), 'utf8'), path),
    purpose,
  });
  return {
    names,
    created: newFiles(names),
    changed: [
      change('workers/index.ts', 'its line in the list of kinds', (text, path) => {
        const line = `import { kind as ${kind} } from './${kind}/kind.ts';\n`;
        const imported = insertAfterLast(text, path, /^import \{ kind as .*\n/gm, line);
        return insertAfterLast(imported, path, /^ {2}\w+,.*\n(?=\] as const;)/gm, `  ${kind},\n`);
      }),
      change('.env.example', 'its settings', (text) => `${text.trimEnd()}\n${envSection(names)}`),
      change('README.md', 'its row in the table of settings', (text, path) =>
        insertAfterLast(text, path, /^\| `[A-Z]+_WORKERS`.*\n/gm, readmeRow(names)),
      ),
    ],
  };
}

/** Inserts lines behind the last place that the pattern finds. Throws Error when it finds none. */
function insertAfterLast(text: string, path: string, pattern: RegExp, lines: string): string {
  const last = [...text.matchAll(pattern)].at(-1);
  if (!last) throw new Error(`${path} has no line like ${pattern.source}: where the new ones go is not known`);
  const end = last.index + last[0].length;
  return `${text.slice(0, end)}${lines}${text.slice(end)}`;
}
