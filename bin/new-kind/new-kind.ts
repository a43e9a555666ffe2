/** `npm run new-kind hashes`: writes a new kind of job that works as it stands, from the manifest to its first test. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BadName } from './names.ts';
import { type KindPlan, type PlannedFile, planKind } from './plan.ts';

const repository = join(import.meta.dirname, '../..');

function refuse(line: string): never {
  process.stderr.write(`new-kind: ${line}\n`);
  process.exit(2);
}

/** Runs a program in the repository; shows what it says, and exits, where it fails. */
function run(command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: repository, encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}`);
  refuse(`${[command, ...args].join(' ')} failed; what was written stays`);
}

function readPlan([name, ...others]: string[]): KindPlan {
  if (name === undefined || others.length > 0) refuse('usage: npm run new-kind NAME (one word, such as hashes)');
  try {
    return planKind(name, repository);
  } catch (error) {
    if (error instanceof BadName) refuse(error.message);
    throw error;
  }
}

function write({ path, content }: PlannedFile): void {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), content);
}

/** What was written and what is left to do, for the terminal. */
function report({ names: { kind, idPrefix }, created, changed }: KindPlan): string {
  const width = Math.max(...created.map(({ path }) => path.length));
  const list = (files: { path: string; purpose: string }[]) =>
    files.map(({ path, purpose }) => `  ${path.padEnd(width)}  ${purpose}\n`).join('');
  return `The kind ${kind} (job ids begin with ${idPrefix}_):

${list(created)}
Changed for it:

${list([...changed, { path: 'biome.imports.json', purpose: 'what it may import, made by npm run lint:rules' }])}
It works as it stands and computes SHA-256 of a text. Try it: npm start, then

  curl -H "Authorization: Bearer $(cat var/api-key)" --json '{"text":"Hello from a worker."}' \\
    http://127.0.0.1:3000/v1/${kind}

Next:

  1. Say in workers/${kind}/job.ts what a request and a result hold, and give an example that works.
  2. Do the work in workers/${kind}/processor.ts. What keeps a processor busy for more than some milliseconds runs in a
     thread; obey the signal; throw AppError for what the caller may know. A heavy library goes into HEAVY of
     bin/lint/import-rules.ts too, then npm run lint:rules.
  3. Let test/unit/${kind}/processor.test.ts and docs/${kind}.md say what is true then.
  4. npm run lint && npm run jest -- test/fast test/unit/${kind} test/integration/files/results.test.ts
`;
}

const plan = readPlan(process.argv.slice(2));
const files = [...plan.created, ...plan.changed];
for (const file of files) write(file);
run(process.execPath, ['bin/lint/write-import-rules.ts']);
const sources = files.map(({ path }) => path).filter((path) => path.endsWith('.ts'));
run('node_modules/.bin/biome', ['check', '--write', ...sources]);
process.stdout.write(report(plan));
