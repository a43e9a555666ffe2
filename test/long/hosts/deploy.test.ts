import { appendFileSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp, { type SharpOptions } from 'sharp';
import { listProcesses } from '../../../bin/launch/supervisor.ts';
import { sendSlowly, startLoad } from '../../support/http/steady-load.ts';
import { copyProduct, type ProductCopy, type StartedCopy } from '../../support/product-copy.ts';
import { until } from '../../support/until.ts';

describe.each([1, 2])('%i web process(es)', (webWorkers) => {
  let product: ProductCopy;
  let started: StartedCopy;
  const url = (path: string) => `http://127.0.0.1:${started.env['PORT']}${path}`;
  const running = async () => (await listProcesses(started.paths.supervisorSocket)).filter(({ pid }) => pid > 0);
  const versions = async () => {
    const { output } = await started.heavylift('status', '--json');
    const listed = JSON.parse(output) as { name: string; state: string; version: string | null }[];
    return [...new Set(listed.flatMap(({ version }) => version ?? []))];
  };
  const health = () => join(product.path, 'src/http/ops/health.ts');
  /** Has /livez say that it is this version, and commits that. */
  const writeVersion = (version: number) => {
    writeFileSync(
      health(),
      readFileSync(health(), 'utf8').replace(/status: 'ok'.* \}\)/, `status: 'ok', version: ${version} })`),
    );
    return product.commit();
  };
  const version = async () => ((await (await fetch(url('/livez'))).json()) as { version?: number }).version;
  /** Does something while eight connections ask without a rest; each request has to be answered. */
  const unnoticed = async <T>(act: () => Promise<T>): Promise<T> => {
    const load = startLoad(url('/livez'), { connections: 8, restMs: 5 });
    const done = await act();
    const { answers } = await load.stop();
    expect(Object.keys(answers)).toEqual(['200']);
    expect(answers['200']).toBeGreaterThan(100);
    return done;
  };

  beforeAll(async () => {
    product = copyProduct();
    await product.commit();
    started = await product.start({ WEB_WORKERS: String(webWorkers) });
  }, 240_000);
  afterAll(async () => {
    await started?.stop();
    product.remove();
  }, 60_000);

  it('restart: nobody is refused, each process is another one, the spare is at rest again', async () => {
    const before = await running();
    expect((await unnoticed(() => started.heavylift('restart'))).status).toBe(0);
    const after = await running();
    expect(after.map(({ name }) => name).toSorted()).toEqual(before.map(({ name }) => name).toSorted());
    const kept = after.filter(({ pid }) => before.some((one) => one.pid === pid)).map(({ name }) => name);
    expect(kept.toSorted()).toEqual(['redis-0', 'watch-0']);
  }, 240_000);

  it('an upload of five seconds, whose web process restarts meanwhile: taken', async () => {
    const noise = {
      create: { width: 400, height: 300, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } },
    };
    const body = await sharp(noise as SharpOptions)
      .png()
      .toBuffer();
    const key = readFileSync(started.paths.apiKeyFile, 'utf8').trim();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'image/png' };
    const sent = sendSlowly(url('/v1/images?width=20'), { headers, body, parts: 20, everyMs: 250 });
    const before = (await running()).filter(({ program }) => program === 'web').map(({ pid }) => pid);
    expect((await started.heavylift('restart', 'web')).status).toBe(0);
    expect(await sent).toBe(202);
    expect((await running()).filter(({ pid }) => before.includes(pid))).toEqual([]);
  }, 240_000);

  it('deploy: the new version runs in every process, from its own folder; what changes in the checkout then runs nowhere', async () => {
    const commit = await writeVersion(2);
    const { status, output } = await unnoticed(() => started.heavylift('deploy'));
    expect({ status, output }).toMatchObject({ status: 0, output: expect.stringMatching(/ runs\n$/) });
    expect(await version()).toBe(2);
    expect(await versions()).toEqual([commit]);
    expect(realpathSync(started.paths.currentRelease)).toBe(realpathSync(join(started.paths.releases, commit)));

    appendFileSync(health(), 'throw new Error("not deployed");\n');
    const [web] = (await running()).filter(({ program }) => program === 'web');
    process.kill(web?.pid ?? 0, 'SIGKILL');
    await until('another one serves', async () => {
      const now = (await running()).find(({ name }) => name === web?.name);
      return now?.state === 'RUNNING' && now.pid !== web?.pid;
    });
    expect(await version()).toBe(2);
    await product.run('git', 'checkout', '--', '.');
  }, 300_000);

  it('deploy of a version that does not start: says why, and nothing has changed', async () => {
    const before = await running();
    const current = realpathSync(started.paths.currentRelease);
    const processor = join(product.path, 'workers/reports/processor.ts');
    appendFileSync(processor, 'throw new Error("broken on purpose");\n');
    await product.commit();
    const { status, output } = await unnoticed(() => started.heavylift('deploy'));
    expect(status).toBe(1);
    expect(output).toContain('broken on purpose');
    expect(output).toMatch(/\nnot deployed, nothing was changed: .*reports/);
    expect((await running()).map(({ pid }) => pid).toSorted()).toEqual(before.map(({ pid }) => pid).toSorted());
    expect(realpathSync(started.paths.currentRelease)).toBe(current);
    await product.run('git', 'reset', '--quiet', '--hard', 'HEAD~1');
  }, 300_000);

  it('deploy of a version whose web process fails as soon as it serves: all go back to the one before', async () => {
    const current = basename(realpathSync(started.paths.currentRelease));
    const line = 'if (process.argv.includes("--inherited-socket")) throw new Error("not in a trial");\n';
    appendFileSync(join(product.path, 'src/server.ts'), line);
    await product.commit();
    const { status, output } = await unnoticed(() => started.heavylift('deploy'));
    expect(status).toBe(1);
    expect(output).toMatch(/not deployed: failed: web-\d .*; [0-9a-f]{12} runs again\n$/);
    expect(await version()).toBe(2);
    expect(await versions()).toEqual([current]);
    await product.run('git', 'reset', '--quiet', '--hard', 'HEAD~1');
  }, 300_000);

  it('a version with other programs: refused before anything is done, with what to do', async () => {
    const before = await running();
    appendFileSync(join(product.path, 'supervisord.conf'), '; changed\n');
    await product.commit();
    const { status, output } = await started.heavylift('deploy');
    expect(status).toBe(4);
    expect(output).toMatch(/not deployed: .*bin\/heavylift stop, then npm start\. Nothing was changed\n$/);
    expect((await running()).map(({ pid }) => pid).toSorted()).toEqual(before.map(({ pid }) => pid).toSorted());
    await product.run('git', 'reset', '--quiet', '--hard', 'HEAD~1');
  }, 240_000);
});
