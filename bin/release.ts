/**
 * Makes a release: `npm run release -- 0.2.0`, or `--dry-run` to see what it would do. It refuses a tree with changes,
 * an older version, a tag that is there and an empty "Unreleased"; runs all tests; dates the CHANGELOG; sets the
 * version in package.json and package-lock.json; commits and tags. It pushes nothing.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const UNRELEASED = '## Unreleased\n';

function refuse(message: string): never {
  process.stderr.write(`release: ${message}\n`);
  process.exit(1);
}

const print = (line: string) => void process.stdout.write(`release: ${line}\n`);
const ask = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: 'utf8' }).trim();
const run = (command: string, ...args: string[]) => void execFileSync(command, args, { stdio: 'inherit' });

/** Compares versions like 0.10.2 by their numbers: negative when the first is older. */
function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number)) as [number[], number[]];
  return a.map((part, index) => part - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** The CHANGELOG with what is unreleased under the version and its day; refuses when there is nothing. */
function dateChangelog(text: string, version: string): string {
  const start = text.indexOf(UNRELEASED);
  if (start < 0) refuse('CHANGELOG.md has no section "## Unreleased"');
  const end = text.indexOf('\n## ', start + UNRELEASED.length);
  const changes = text.slice(start + UNRELEASED.length, end < 0 ? undefined : end).trim();
  if (changes === '') refuse('CHANGELOG.md has nothing under "## Unreleased"');
  const day = new Date().toISOString().slice(0, 10);
  const after = end < 0 ? '' : text.slice(end);
  return `${text.slice(0, start)}${UNRELEASED}\n## ${version} - ${day}\n\n${changes}\n${after}`;
}

function readArguments(): { version: string; dryRun: boolean } {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'dry-run': { type: 'boolean' } } });
  const [version = ''] = positionals;
  if (positionals.length !== 1 || !/^\d+\.\d+\.\d+$/.test(version)) {
    refuse('name the version, like 0.2.0: npm run release -- 0.2.0 [--dry-run]');
  }
  return { version, dryRun: values['dry-run'] ?? false };
}

const { version, dryRun } = readArguments();
const tag = `v${version}`;
const changes = ask('git', 'status', '--porcelain');
if (changes) refuse(`the tree has changes that are not committed:\n${changes}`);
if (ask('git', 'tag', '--list', tag)) refuse(`there is a tag ${tag} already`);
const current = JSON.parse(readFileSync('package.json', 'utf8')).version as string;
if (compareVersions(version, current) < 0) refuse(`${version} is older than ${current}`);
const changelog = dateChangelog(readFileSync('CHANGELOG.md', 'utf8'), version);

if (dryRun) {
  print(
    `would run npm test, date "Unreleased" as ${version}, set the version (now ${current}), commit, and tag ${tag}`,
  );
} else {
  try {
    run('npm', 'test');
  } catch {
    refuse('npm test failed; nothing was changed');
  }
  writeFileSync('CHANGELOG.md', changelog);
  // The first release has the version that stands there already.
  run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version', '--ignore-scripts');
  run(
    'git',
    'commit',
    '--quiet',
    '--message',
    `Release ${version}`,
    'CHANGELOG.md',
    'package.json',
    'package-lock.json',
  );
  run('git', 'tag', '--annotate', tag, '--message', `Heavylift ${version}`);
  print(`${tag} is made. Push it with: git push --follow-tags`);
}
