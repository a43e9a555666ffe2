import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endLeftovers } from '../support/jest/leftovers.ts';
import { drawMutants, findMutants, type Mutant } from './mutants.ts';

/**
 * Changes src/queue in one small place at a time, in a copy of the tree, and runs the tests that ought to notice. Prints
 * a table of what was noticed ("killed") and what was not ("survived"), as Markdown: `npm run mutate -- --max 20`.
 */
const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    max: { type: 'string', default: '200' },
    paths: { type: 'string', multiple: true, default: ['src/queue'] },
    tests: { type: 'string', multiple: true, default: [] },
    minutes: { type: 'string', default: '60' },
    jobs: { type: 'string', default: '2' },
    report: { type: 'string', default: 'var/mutation.md' },
  },
});
const ROOT = join(import.meta.dirname, '../..');
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];
/** A mutant may take so many times as long as the untouched code before it counts as noticed. */
const PATIENCE = 3;
const LEAST_LIMIT_MS = 20_000;

const OF_RUNS = ['fast/queue', 'integration/queue/queue', 'integration/heavy-slots', 'integration/operations/control'];
/** Tests by what they see of a room, in the order in which they are run: cheap ones first. */
const TESTS: [room: string, tests: string[]][] = [
  [
    'run',
    [
      ...OF_RUNS,
      'integration/files/kept-input',
      'integration/callers/usage',
      'integration/webhooks/callbacks',
      'integration/queue/job-view',
      'fault/worker-death',
    ],
  ],
  ['worker', [...OF_RUNS, 'fault/worker-death', 'fault/deaths']],
  [
    'producer',
    [
      'fast/queue',
      'integration/queue/queue',
      'integration/operations/control',
      'integration/queue/erase',
      'integration/protocol',
      'integration/form-once',
      'integration/queue/job-view',
      'integration/webhooks/webhooks',
      'fault/lost-answers',
    ],
  ],
  ['bulk', ['integration/operations/bulk']],
  [
    'upkeep',
    [
      'fast/queue',
      'integration/queue/dependents',
      'integration/webhooks/callbacks',
      'integration/queue/erase',
      'integration/operations/control',
      'integration/queue/take-over',
      'integration/queue/holds',
      'integration/webhooks/webhooks',
      'fault/lost-answers',
    ],
  ],
  [
    '',
    [
      ...OF_RUNS,
      'integration/queue/dependents',
      'integration/queue/erase',
      'integration/queue/job-view',
      'integration/callers/usage',
      'integration/files/uploads.test',
      'integration/queue/fair-line',
      'integration/operations/bulk',
      'integration/webhooks/webhooks',
      'unit/emails/delivery',
      'fault/worker-death',
    ],
  ],
];
const testsOf = (path: string): string[] => {
  if (options.tests.length > 0) return options.tests;
  return (TESTS.find(([room]) => path.includes(`/queue/${room}/`)) ?? TESTS.at(-1))?.[1].filter(hasTest) ?? [];
};
const hasTest = (name: string) => globSync(`test/${name}{.test.ts,*/*.test.ts,/*.test.ts}`, { cwd: ROOT }).length > 0;

type Outcome = 'killed' | 'survived' | 'timeout';
interface Judged {
  mutant: Mutant;
  outcome: Outcome;
  /** The tests that noticed. */
  by: string;
}

/** A copy of the tree as it stands in the working directory, with the modules of this one. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'hl-mutation-'));
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  for (const file of files.split('\n').filter(Boolean)) cpSync(join(ROOT, file), join(copy, file));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Runs one entry of the table in `tree`: whether it passed, or nothing when it took longer than `limitMs`. */
async function runTests(tree: string, tests: string, limitMs: number): Promise<boolean | undefined> {
  const jest = [...NODE_FLAGS, 'node_modules/jest/bin/jest.js', '--bail', '--maxWorkers=1', '--silent'];
  const child = spawn(process.execPath, [...jest, `test/${tests}[./]`], { cwd: tree, stdio: 'ignore', detached: true });
  const exited = once(child, 'exit');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  }, limitMs);
  const [code] = await exited;
  clearTimeout(timer);
  endLeftovers(`${child.pid}:`);
  return late ? undefined : code === 0;
}

/** Puts a mutant into `tree`, asks its tests one after the other, and takes it out again. */
async function judge(tree: string, mutant: Mutant, limits: Map<string, number>): Promise<Judged> {
  const file = join(tree, mutant.path);
  const original = readFileSync(file);
  writeFileSync(file, mutant.source);
  try {
    for (const tests of testsOf(mutant.path)) {
      const passed = await runTests(tree, tests, limits.get(tests) ?? LEAST_LIMIT_MS);
      if (!passed) return { mutant, outcome: passed === undefined ? 'timeout' : 'killed', by: tests };
    }
    return { mutant, outcome: 'survived', by: '' };
  } finally {
    writeFileSync(file, original);
  }
}

/** How long each of the tests may take. The untouched code must pass them, or nothing can be told of a changed one. */
async function measureLimits(tree: string, tests: Iterable<string>): Promise<Map<string, number>> {
  const limits = new Map<string, number>();
  for (const one of tests) {
    const started = performance.now();
    if (!(await runTests(tree, one, 300_000))) throw new Error(`test/${one} fails without any change; mend that first`);
    limits.set(one, Math.max(LEAST_LIMIT_MS, PATIENCE * (performance.now() - started)));
  }
  return limits;
}

const inCell = (text: string) =>
  `\`${text.trim().replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').slice(0, 60) || ' '}\``;

function report(judged: Judged[], found: number): string {
  const count = (outcome: Outcome, all = judged) => all.filter((one) => one.outcome === outcome).length;
  const rows = judged
    .toSorted((a, b) => a.mutant.path.localeCompare(b.mutant.path) || a.mutant.line - b.mutant.line)
    .map(
      ({ mutant: { path, line, operator, from, to }, outcome, by }) =>
        `| ${path}:${line} | ${operator} | ${inCell(from)} → ${inCell(to)} | ${outcome} | ${by} |`,
    );
  const files = [...new Set(judged.map(({ mutant }) => mutant.path))].sort().map((path) => {
    const own = judged.filter(({ mutant }) => mutant.path === path);
    return `| ${path} | ${count('killed', own)} | ${count('timeout', own)} | ${count('survived', own)} |`;
  });
  return [
    `${judged.length} of ${found} mutants (seed ${options.seed}): ${count('killed')} killed, ${count('timeout')} timed out, ${count('survived')} survived.`,
    ['| file | killed | timeout | survived |', '|---|---|---|---|', ...files].join('\n'),
    ['| place | operator | change | outcome | by |', '|---|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}

const paths = globSync(
  options.paths.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*.ts`)),
  { cwd: ROOT },
);
const found = paths.sort().flatMap((path) => findMutants(path, readFileSync(join(ROOT, path), 'utf8')));
const waiting = drawMutants(found, Number(options.seed), Number(options.max));
const ends = performance.now() + Number(options.minutes) * 60_000;
const trees = Array.from({ length: Number(options.jobs) }, copyTree);
const judged: Judged[] = [];
try {
  const limits = await measureLimits(trees[0] as string, new Set(waiting.flatMap(({ path }) => testsOf(path))));
  await Promise.all(
    trees.map(async (tree) => {
      for (let mutant = waiting.shift(); mutant && performance.now() < ends; mutant = waiting.shift()) {
        const one = await judge(tree, mutant, limits);
        judged.push(one);
        console.error(`${one.outcome.padEnd(8)} ${mutant.path}:${mutant.line} ${mutant.operator}`);
      }
    }),
  );
} finally {
  for (const tree of trees) rmSync(tree, { recursive: true, force: true });
}
const text = report(judged, found.length);
writeFileSync(join(ROOT, options.report), `${text}\n`);
console.log(text);
