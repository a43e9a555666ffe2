import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { DATA_VERSION } from '../../../src/deployment/version.ts';
import { dataVersionKey } from '../../../src/redis/keys.ts';
import { ALL_KINDS, ask, FLEET_KEYS, type Fleet, type FleetWeb, openFleet } from '../../support/fleet/fleet.ts';
import { startFleetLoad } from '../../support/fleet/load.ts';
import { checkOutVersion, hasCommit, type OldVersion } from '../../support/fleet/old-version.ts';
import type { TestProcess } from '../../support/processes.ts';
import { copyProduct, type ProductCopy } from '../../support/product-copy.ts';
import { until } from '../../support/until.ts';

/** The version before Redis by sentinels and files in buckets: what is upgraded from, and gone back to. */
const BEFORE = 'fba12e06d4497c5a852640e86b7c5cb0b45ba617';
/** How long both versions run beside each other, under load. */
const BESIDE_MS = 4000;
/** Jobs of the other version that each web process is asked for. */
const LOOKED_AT = 8;

const isThere = hasCommit(BEFORE);
if (!isThere) process.stderr.write(`skipped: this clone has not got ${BEFORE}, the version to upgrade from\n`);

(isThere ? describe : describe.skip)('two versions beside each other, under load of all kinds', () => {
  let old: OldVersion;
  let fleet: Fleet;
  const webs: FleetWeb[] = [];
  const workers: TestProcess[] = [];
  const start = {
    web: (folder: string | undefined, port?: number) => fleet.startWeb(folder === undefined ? {} : { folder }, port),
    worker: (folder: string | undefined) =>
      folder === undefined ? fleet.startWorker() : fleet.startWorker(old.kinds, { folder }),
  };
  /** Replaces a web process on its port: its clients try the other one meanwhile. */
  const replaceWeb = async (index: number, folder: string | undefined) => {
    const { url, process: before } = webs[index] as FleetWeb;
    expect(await before.stop()).toBe(0);
    webs[index] = await start.web(folder, Number(new URL(url).port));
  };
  const replaceWorker = async (index: number, folder: string | undefined) => {
    const before = workers[index] as TestProcess;
    workers[index] = await start.worker(folder);
    expect(await before.stop()).toBe(0);
  };
  const replaceAll = { web: replaceWeb, worker: replaceWorker };

  beforeAll(async () => {
    old = checkOutVersion(BEFORE);
    // Settings that both take: a scope that is new is for later.
    const operator = ['admin', ...old.kinds.filter((kind) => kind !== 'webhooks')].join('+');
    fleet = await openFleet({
      API_KEYS: `kari:${FLEET_KEYS.kari},operator:${FLEET_KEYS.operator}:${operator}`,
    });
    webs.push(await start.web(old.path), await start.web(old.path));
    workers.push(await start.worker(old.path), await start.worker(old.path));
  }, 600_000);
  afterAll(async () => {
    await fleet?.close();
    old?.remove();
  });

  it('forward and back, web or workers first: every request is taken, nothing is lost or doubled, each shows the jobs of the other', async () => {
    const load = await startFleetLoad(fleet, { webs: () => webs.map(({ url }) => url) });
    const steps: [keyof typeof replaceAll, keyof typeof replaceAll, string | undefined][] = [
      ['web', 'worker', undefined],
      ['worker', 'web', old.path],
      ['worker', 'web', undefined],
      ['web', 'worker', old.path],
    ];
    const looks: Record<string, number>[] = [];
    for (const [first, second, folder] of steps) {
      for (const sort of [first, second]) {
        await replaceAll[sort](0, folder);
        await delay(BESIDE_MS);
        looks.push(
          await lookAtEachOther(
            webs,
            load.posted.slice(-LOOKED_AT).map(({ id }) => id),
          ),
        );
        await replaceAll[sort](1, folder);
      }
    }
    await load.stop();
    const { refused, lost, wrong, doubled, silent, ...counts } = await load.account();
    process.stdout.write(`rolling upgrade: ${JSON.stringify(counts)}; looked at: ${JSON.stringify(looks.at(-1))}\n`);
    expect({ refused, lost, wrong, doubled, silent }).toEqual({
      refused: [],
      lost: [],
      wrong: [],
      doubled: [],
      silent: [],
    });
    for (const look of looks) expect(Object.keys(look)).toEqual(['200']);
    expect(Object.keys(counts.byKind).toSorted()).toEqual(['calls', 'emails', 'images', 'reports']);
    for (const worker of workers) expect(worker.output()).not.toContain('a fault of ours');
  }, 1_200_000);
});

/** Asks both web processes for these jobs, by API, page and listing; how often each status came. */
async function lookAtEachOther(webs: readonly FleetWeb[], ids: readonly string[]): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (const { url } of webs) {
    const look = async (path: string, key: string = FLEET_KEYS.kari): Promise<Response> => {
      // On a busy machine Redis may be slow: who is told so asks again.
      const answer = await until('it is answered', async () => {
        const given = await ask(url, path, { key });
        return given.status !== 503 && given;
      });
      seen[answer.status] = (seen[answer.status] ?? 0) + 1;
      return answer;
    };
    for (const id of ids) {
      await look(`/v1/jobs/${id}`);
      await look(`/jobs/${id}`);
    }
    const listed = await look('/v1/jobs?limit=100');
    const { jobs } = (await listed.json()) as { jobs: { id: string }[] };
    expect(jobs.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids]));
    await look('/admin', FLEET_KEYS.operator);
  }
  return seen;
}

describe('a version that writes jobs in a form that this one does not know', () => {
  let later: ProductCopy;
  let fleet: Fleet;
  beforeAll(async () => {
    later = copyProduct();
    const options = join(later.path, 'src/jobs/options/options.ts');
    const patched = readFileSync(options, 'utf8').replace('ENVELOPE_VERSION = 1', 'ENVELOPE_VERSION = 2');
    writeFileSync(options, patched);
    fleet = await openFleet();
  }, 300_000);
  afterAll(async () => {
    await fleet?.close();
    later?.remove();
  });

  it('its jobs are put back and shown, and run without loss of an attempt when its workers come; an older process does not start on its data', async () => {
    const [web, laterWeb] = [await fleet.startWeb(), await fleet.startWeb({ folder: later.path })];
    const worker = await fleet.startWorker();
    const [posted, cancelled] = [await postOneOfEach(laterWeb.url, fleet), await postOneOfEach(laterWeb.url, fleet)];
    const ids = [...posted, ...cancelled];
    const linesOf = (id: string) =>
      worker
        .output()
        .split('\n')
        .filter((line) => line.includes(id) && line.includes('later_version'));
    await until('each was put back', () => ids.every((id) => linesOf(id).length > 0), { timeoutMs: 60_000 });
    for (const { url } of [web, laterWeb]) {
      for (const id of posted) {
        const job = await (await ask(url, `/v1/jobs/${id}`)).json();
        const lastError = { code: 'later_version', detail: expect.stringContaining('a later version of Heavylift') };
        expect(job).toMatchObject({ id, state: 'delayed', attempts: { made: 0 }, lastError });
        const page = await ask(url, `/jobs/${id}`);
        expect([page.status, await page.text()]).toEqual([
          200,
          expect.stringContaining('a later version of Heavylift'),
        ]);
      }
    }
    const said = await until('the verdict names it', async () => {
      const answer = await ask(web.url, '/v1/verdict', { key: FLEET_KEYS.operator });
      const { items } = (await answer.json()) as { items: { code: string; text: string }[] };
      return items.find(({ code }) => code === 'job_later');
    });
    expect(said).toMatchObject({
      level: 'amber',
      text: expect.stringMatching(/^A job waits for a newer version: .* (img|rep|eml|cal|flw)_/),
    });
    // A flow ends itself, when it has cancelled its jobs: that wants a worker that knows it.
    const isFlow = (id: string) => id.startsWith('flw_');
    for (const id of cancelled) {
      const { status } = await ask(web.url, `/v1/jobs/${id}/cancel`, { method: 'POST' });
      expect([id, status]).toEqual([id, isFlow(id) ? 202 : 200]);
    }
    await delay(LOOKED_AT * 1000);
    for (const id of [...posted, ...cancelled.filter((id) => !isFlow(id))]) expect(linesOf(id)).toHaveLength(1);

    await fleet.startWorker(ALL_KINDS, { folder: later.path });
    await worker.stop();
    for (const id of posted) {
      const ended = await until(
        `${id} is done`,
        async () => {
          const job = (await (await ask(web.url, `/v1/jobs/${id}`)).json()) as { state: string };
          if (job.state !== 'completed') throw new Error(JSON.stringify(job));
          return job;
        },
        { timeoutMs: 90_000 },
      );
      expect(ended).toMatchObject({ attempts: { made: 1 } });
    }
    for (const id of cancelled) {
      await until(`${id} is cancelled`, async () =>
        (await (await ask(web.url, `/v1/jobs/${id}`)).text()).includes('"state":"cancelled"'),
      );
    }
    expect(fleet.smtp.mails).toHaveLength(1);
    expect(fleet.sink.requests.filter(({ path }) => path === '/call')).toHaveLength(1);

    // As the next version but one would have it.
    await fleet.redis.client().set(dataVersionKey(), DATA_VERSION + 1);
    const refused = fleet.start(['workers/main.ts', 'images']);
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain('this process does not start: the data in Redis is of version');
    await until('the verdict names its host', async () => {
      const answer = await ask(web.url, '/v1/verdict', { key: FLEET_KEYS.operator });
      return (await answer.text()).includes('older_host');
    });
  }, 600_000);
});

const REPORT = { data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } };

/** Posts a job of each kind to one web process; their ids. */
async function postOneOfEach(url: string, { sink }: Fleet): Promise<string[]> {
  const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#27507c' } })
    .png()
    .toBuffer();
  const bodies: [string, BodyInit, string][] = [
    ['images?width=20', new Uint8Array(picture), 'image/png'],
    ['reports', JSON.stringify(REPORT), 'application/json'],
    ['emails', JSON.stringify({ to: 'kari@example.no', subject: 'x', text: 'x' }), 'application/json'],
    ['calls', JSON.stringify({ url: `${sink.url}/call`, json: {} }), 'application/json'],
    ['flows', JSON.stringify({ steps: [{ name: 'report', kind: 'reports', input: REPORT }] }), 'application/json'],
  ];
  return Promise.all(
    bodies.map(async ([path, body, type]) => {
      const answer = await ask(url, `/v1/${path}`, { method: 'POST', body, headers: { 'Content-Type': type } });
      const { id } = (await answer.json()) as { id: string };
      expect([answer.status, id]).toEqual([202, expect.any(String)]);
      return id;
    }),
  );
}
