import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { startProcess } from '../../support/processes.ts';
import { findFreePort } from '../../support/product.ts';
import { copyProduct } from '../../support/product-copy.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const copy = copyProduct();
const dir = makeTempDir();
afterAll(() => {
  copy.remove();
  dir.remove();
});

/** Makes a file of the copy throw when it is loaded; returns what mends it. */
function breakFile(path: string, sentence: string): () => void {
  const file = join(copy.path, path);
  const content = readFileSync(file, 'utf8');
  writeFileSync(file, `throw new Error('${sentence}');\n${content}`);
  return () => writeFileSync(file, content);
}

it('a process that does not come up, and a thread that lacks a library: named with their kinds, and "ready" is said when both are mended', async () => {
  const mends = [
    // Loaded at the start, for what it looks at between jobs.
    breakFile('workers/emails/processor.ts', 'the worker lacks a library'),
    breakFile('workers/reports/render/thread.ts', 'the thread lacks a library'),
  ];
  const env = { DATA_DIR: dir.path, PORT: String(await findFreePort()), IMAGES_WORKERS: '1' };
  const launcher = startProcess('bin/start', [], env, copy.path);
  const says = (text: string) =>
    until(text, () => launcher.output().includes(text), { timeoutMs: 120_000 }).catch((error) => {
      throw new Error(`${error.message}\n${launcher.output()}`);
    });
  try {
    await says('reports: its libraries do not load: the thread lacks a library');
    await says('emails: its libraries do not load: the worker lacks a library');
    await says('emails+webhooks+calls+flows-0 does not stay up');
    await until('jobs are accepted', async () => (await fetch(`http://127.0.0.1:${env.PORT}/readyz`)).ok, {
      timeoutMs: 60_000,
    });
    await says('no worker lives yet of: emails, webhooks');
    expect(launcher.output()).not.toContain('Heavylift is ready.');
    for (const mend of mends) mend();
    await says('Heavylift is ready.');
  } finally {
    expect(await launcher.stop('SIGINT')).toBe(0);
  }
}, 300_000);
