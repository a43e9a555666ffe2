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

/**
 * Makes the plan for a kind of that name and writes nothing. Throws BadName; Error where a file lacks its place for it.
 */
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
        return insertAfterLast(imported, path, /^ {2}\w+,\n(?=\] as const;)/gm, `  ${kind},\n`);
      }),
      change('.env.example', 'its settings', (text) => `${text.trimEnd()}\n${envSection(names)}`),
      change('README.md', 'its route, its page and its settings', (text, path) => {
        const routed = insertAfterLast(text, path, /^\| `POST [^|]*`(?= \| accept a job)/gm, `, \`/v1/${kind}\``);
        const linked = insertAfterLast(
          routed,
          path,
          /\[(\w+)\]\(docs\/\1\.md\)(?=[.;]\s)/g,
          `, [${kind}](docs/${kind}.md)`,
        );
        return insertAfterLast(linked, path, /^\| `[A-Z]+_WORKERS`.*\n/gm, readmeRow(names));
      }),
      change('src/manual/pages.ts', 'its page in /docs', (text, path) => {
        const line = `      page('${kind}', '${kind.charAt(0).toUpperCase()}${kind.slice(1)}'),\n`;
        return insertAfterLast(text, path, /^ {6}page\('\w+', '\w+'\),\n(?= {6}page\('schedules')/gm, line);
      }),
      change('docs/keys.md', 'its scope', (text, path) =>
        insertAfterLast(text, path, /^\| a kind: [^|]*`(?= \|)/gm, `, \`${kind}\``),
      ),
      change('docs/operations.md', "its workers' program", (text, path) =>
        insertAfterLast(text, path, /^Programs are [^.]*`(?=\.)/gm, `, \`${kind}\``),
      ),
    ],
  };
}

/** Inserts a text behind the last place that the pattern finds. Throws Error when it finds none. */
function insertAfterLast(text: string, path: string, pattern: RegExp, inserted: string): string {
  const last = [...text.matchAll(pattern)].at(-1);
  if (!last) throw new Error(`${path} has nothing like ${pattern.source}: where the kind goes is not known`);
  const end = last.index + last[0].length;
  return `${text.slice(0, end)}${inserted}${text.slice(end)}`;
}
