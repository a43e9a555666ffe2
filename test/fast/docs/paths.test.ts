import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { importRules } from '../../../bin/lint/import-rules.ts';
import { KIND_NAMES, quotedIn, ROOT, readDocument, rowsOf, sectionOf } from './documents.ts';

const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/architecture.md', 'docs/glossary.md'],
  ...[
    'docs/deploy.md',
    'docs/operations.md',
    'docs/runbook.md',
    'docs/privacy.md',
    'docs/threats.md',
    'docs/scaling.md',
  ],
];
const architecture = readDocument('docs/architecture.md');

const exists = (path: string) => existsSync(join(ROOT, path));
const foldersIn = (path: string) =>
  readdirSync(join(ROOT, path), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    .toSorted();

/** Files and folders of the repository that a text names in backquotes; `<kind>` stands for each kind. */
function pathsIn(text: string): string[] {
  const isPath = (word: string) =>
    /^(src|workers|bin|views|clients|deploy|test|bench|docs)(\/[\w.<>-]+)*\/?$/.test(word);
  const paths = quotedIn(text).filter((word) => isPath(word) && !word.includes('NAME'));
  return paths.flatMap((path) =>
    path.includes('<kind>') ? KIND_NAMES.map((kind) => path.replaceAll('<kind>', kind)) : [path],
  );
}

describe.each(DOCUMENTS)('%s', (path) => {
  const document = readDocument(path);

  it('names files and folders that are there', () => {
    expect(pathsIn(document).filter((named) => !exists(named))).toEqual([]);
  });

  it('links to files that are there', () => {
    const links = [...document.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !exists(normalize(join(dirname(path), link))))).toEqual([]);
  });
});

describe('docs/threats.md', () => {
  it.each(rowsOf(readDocument('docs/threats.md')))(
    '%s: the tests that hold it are there',
    (_what, _stands, held = '') => {
      const named = [...held.matchAll(/`(test\/[^`]+)` "([^"]+)"/g)].map(([, path = '', name = '']) => ({
        path,
        name,
      }));
      expect(named).not.toEqual([]);
      expect(named.filter(({ path, name }) => !exists(path) || !readDocument(path).includes(name))).toEqual([]);
    },
  );
});

describe('docs/architecture.md', () => {
  const kindsSection = sectionOf(architecture, "## A kind's folder");

  it('has a row for every room of src, with the imports that lint allows', () => {
    const rows = rowsOf(sectionOf(architecture, '## The rooms')).filter(([room = '']) => room.startsWith('`src/'));
    const written = rows.map(([room = '', , may = '']) => [quotedIn(room)[0], quotedIn(may).toSorted()]);
    expect(Object.fromEntries(written)).toEqual(allowedImports());
    expect(Object.keys(allowedImports()).toSorted()).toEqual(foldersIn('src').map((name) => `src/${name}`));
  });

  it('says what a kind may import of src, as lint has it', () => {
    const [, , rule = ''] = rowsOf(architecture).find(([folder]) => folder === '`workers/<kind>`') ?? [];
    const refused = refusedIn('workers/images/**').flatMap((group) => roomsIn(group, /^\*\*\/src\/([\w-]+)\/\*\*$/));
    const written = quotedIn(rule).filter((word) => foldersIn('src').includes(word));
    expect(written.toSorted()).toEqual(foldersIn('src').filter((room) => !refused.includes(room)));
  });

  it.each(KIND_NAMES)('names every room of workers/%s', (kind) => {
    const [line = ''] = kindsSection.split('\n- ').filter((item) => item.startsWith(`\`workers/${kind}\``));
    const named = quotedIn(line).map((word) => word.replace(/\/$/, ''));
    const ofEveryKind = ['views', 'assets'];
    expect(foldersIn(`workers/${kind}`).filter((room) => !named.includes(room) && !ofEveryKind.includes(room))).toEqual(
      [],
    );
  });

  it('each flow passes at most five files', () => {
    const flows = sectionOf(architecture, '## Five flows')
      .split(/\n(?=\d\. )/)
      .slice(1);
    expect(flows.map((flow) => new Set(quotedIn(flow).filter((word) => word.endsWith('.ts'))).size)).toEqual([
      5, 5, 5, 5, 4,
    ]);
  });
});

interface Options {
  options: { patterns: { group: string[] }[] };
}

/** The import patterns that lint refuses in these files. */
function refusedIn(files: string): string[][] {
  const [found] = importRules(ROOT).overrides.filter(({ includes }) => includes.includes(files));
  if (!found) throw new Error(`no rule for ${files}`);
  const { rules } = found.linter as { rules: { style: { noRestrictedImports: Options } } };
  return rules.style.noRestrictedImports.options.patterns.map(({ group }) => group);
}

const roomsIn = (group: string[], shape: RegExp) => group.flatMap((glob) => shape.exec(glob)?.[1] ?? []);

/** What each room of src may import: those rooms that lint does not refuse there. */
function allowedImports(): Record<string, string[]> {
  const rooms = importRules(ROOT).overrides.flatMap(({ includes }) => roomsIn(includes, /^src\/([\w-]+)\/\*\*$/));
  return Object.fromEntries(
    rooms.map((room) => {
      const refused = refusedIn(`src/${room}/**`).flatMap((group) => roomsIn(group, /^\*\*\/([\w-]+)\/\*\*$/));
      return [`src/${room}`, rooms.filter((other) => other !== room && !refused.includes(other)).toSorted()];
    }),
  );
}
