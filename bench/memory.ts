import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { dataPaths } from '../src/data-dir.ts';
import { type MemoryGroup, openMemoryGroup } from '../test/support/memory/group.ts';
import { readShares, sumMb } from '../test/support/memory/shares.ts';
import { type Ask, workFor } from '../test/support/memory/work.ts';
import { startProcess, type TestProcess } from '../test/support/processes.ts';
import { findFreePort } from '../test/support/product.ts';
import { makeTempDir } from '../test/support/temp-dir.ts';
import { until } from '../test/support/until.ts';

/**
 * How much memory the whole deployment takes, by process when it rests, and at its peak under some work; with
 * `--megabytes 512` (as root) in a control group of that size, and how many processes the kernel has ended there.
 * `--settings 'PROFILE=small IMAGES_WORKERS=1'` sets settings, `--seconds` says how long it rests first.
 */
const { values } = parseArgs({
  options: {
    megabytes: { type: 'string' },
    settings: { type: 'string', default: '' },
    seconds: { type: 'string', default: '60' },
  },
});
const KEY = 'key-of-the-bench-0001';
const SAMPLE_MS = 250;
const megabytes = values.megabytes === undefined ? null : Number(values.megabytes);
const group: MemoryGroup | null = megabytes === null ? null : openMemoryGroup(megabytes * 2 ** 20);
const dir = makeTempDir();
const paths = dataPaths(join(dir.path, 'data'));
const port = await findFreePort();
const sink = startProcess(process.execPath, ['bench/mail-sink.ts']);
const relay = await until('the mail sink has a port', () => /\d+/.exec(sink.output())?.[0]);
const env = {
  DATA_DIR: paths.root,
  PORT: String(port),
  API_KEYS: `bench:${KEY}`,
  SMTP_URL: `smtp://127.0.0.1:${relay}`,
  ...Object.fromEntries(values.settings.split(' ').flatMap((pair) => (pair ? [pair.split('=', 2)] : []))),
};
const ask: Ask = (path, init = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { Authorization: `Bearer ${KEY}`, ...init.headers } });

async function start(): Promise<TestProcess> {
  const [command = '', ...args] = [...(group?.prefix ?? []), 'bin/start'];
  const startedAt = performance.now();
  const started = startProcess(command, args, env);
  await until('it is ready', () => started.output().includes('Heavylift is ready.'), { timeoutMs: 180_000 }).catch(
    () => {
      throw new Error(started.output());
    },
  );
  console.log(`ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return started;
}

/** The shares of what supervisord runs, and its own. */
const readOwn = () => readShares(Number(readFileSync(join(paths.run, 'supervisord.pid'), 'utf8')));

/** Does some work, and answers with the most memory that was seen meanwhile. */
async function peakOf(run: () => Promise<void>): Promise<number> {
  let peak = 0;
  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      peak = Math.max(peak, sumMb(readOwn()));
      await delay(SAMPLE_MS);
    }
  })();
  await run().finally(() => done.abort());
  await sampling;
  return peak;
}

const row = (...cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
let started: TestProcess | undefined;
try {
  started = await start();
  await delay(Number(values.seconds) * 1000);
  const shares = readOwn();
  row('process', 'MB at rest');
  row('---', '---');
  for (const { name, bytes } of shares) row(name, (bytes / 1e6).toFixed(1));
  row('all', sumMb(shares).toFixed(0));
  console.log('');
  row('work', 'seconds', 'MB at the peak', 'ended for lack of memory');
  row('---', '---', '---', '---');
  for (const { name, run } of workFor(megabytes ?? Number.POSITIVE_INFINITY)) {
    const begunAt = performance.now();
    const peak = await peakOf(() => run(ask));
    row(name, ((performance.now() - begunAt) / 1000).toFixed(1), peak.toFixed(0), group?.kills() ?? '-');
  }
} finally {
  await started?.stop();
  await sink.stop();
  group?.close();
  dir.remove();
}
