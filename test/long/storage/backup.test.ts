import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Backup } from '../../../bin/backup/backup.ts';
import { type Deployment, openDeployment } from '../../drill/deployment.ts';
import { addUp, isBalanced, type KnownJob } from '../../drill/ledger.ts';
import { type Posted, startLoad } from '../../drill/load.ts';
import { createRandom } from '../../drill/random.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort } from '../../support/product.ts';
import { mountSmallVolume } from '../../support/storage/small-volume.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const LONG = { timeoutMs: 180_000, everyMs: 300 };
const QUIET = ['completed', 'failed', 'cancelled'];

interface Job extends KnownJob {
  finishedAt: string | null;
  result?: { state?: string; files?: { sha256: string; url: string }[] } | null;
}

/** Runs the command line as a process of its own. */
async function heavylift(env: Readonly<Record<string, string>>, ...args: string[]) {
  const ran = startProcess(process.execPath, ['bin/heavylift.ts', ...args], env);
  return { code: await ran.exited, output: ran.output() };
}

/** A second deployment, over a folder that was restored. */
async function openRestored(env: Readonly<Record<string, string>>) {
  const key = env['API_KEYS']?.split(':')[1] ?? '';
  const url = `http://127.0.0.1:${env['PORT']}`;
  const launcher = startProcess(process.execPath, ['bin/heavylift.ts', 'start'], env);
  const request = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, url), { ...init, headers: { Authorization: `Bearer ${key}`, ...(init.headers as object) } });
  await until('it is ready', () => launcher.output().includes('Heavylift is ready.'), LONG).catch((error) => {
    throw new Error(`${error.message}\n${launcher.output()}`);
  });
  return { launcher, request, jobs: () => listJobs(request) };
}

type Ask = (path: string) => Promise<Response>;

async function listJobs(request: Ask): Promise<Job[]> {
  const jobs: Job[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '100', ...(cursor === null ? {} : { cursor }) });
    // A busy machine may refuse.
    const answer: Response = await until('the jobs are listed', async () => {
      const given = await request(`/v1/jobs?${query}`);
      if (!given.ok) throw new Error(`${given.status} ${await given.text()}`);
      return given;
    });
    const page = (await answer.json()) as { jobs: Job[]; cursor: string | null };
    jobs.push(...page.jobs);
    cursor = page.cursor;
  } while (cursor !== null);
  return jobs;
}

const untilQuiet = (jobs: () => Promise<Job[]>) =>
  until(
    'all jobs have ended',
    async () => {
      const all = await jobs();
      const left = all.filter(({ state }) => !QUIET.includes(state));
      if (left.length > 0) throw new Error(left.map(({ id, state }) => `${id} ${state}`).join(', '));
      return all;
    },
    LONG,
  );

describe('a deployment under load', () => {
  let deployment: Deployment;
  let temp: ReturnType<typeof makeTempDir>;
  let backup: Backup;
  /** What was accepted before the backup began, and all that was ever posted. */
  let before: Posted[];
  let posted: readonly Posted[];
  let original: Job[];
  const erased = new Set<string>();
  const running: TestProcess[] = [];

  const accepted = (all: readonly Posted[]) => all.filter(({ outcome, id }) => outcome === 'accepted' && id);
  const mailsTo = ({ key }: Posted) =>
    deployment.smtp.mails.filter(({ to }) => to.includes(`${key}@example.net`)).length;

  beforeAll(async () => {
    temp = makeTempDir();
    deployment = await openDeployment({ dataDir: undefined, say: () => {} });
    const load = startLoad(deployment, { rate: 12, random: createRandom(15) });
    await until('the first jobs are there', () => accepted(load.posted).length >= 100, LONG);
    // From here on webhooks and mails wait; those before have gone out.
    await Promise.all([deployment.gates.relay.shut(), deployment.gates.receiver.shut()]);
    await until('more are there', () => accepted(load.posted).length >= 200, LONG);
    before = accepted(load.posted);
    const file = join(temp.path, 'b.tar');
    const backingUp = heavylift(deployment.env, 'backup', file, '--json');
    // What is erased meanwhile may be in it, and then is whole.
    for (const job of (await listJobs(deployment.request)).filter(({ state }) => state === 'completed').slice(0, 20)) {
      erased.add(job.id);
      await deployment.request(`/v1/jobs/${job.id}`, { method: 'DELETE' });
    }
    const { code, output } = await backingUp;
    if (code !== 0) throw new Error(output);
    backup = JSON.parse(output.slice(0, output.lastIndexOf('}') + 1)) as Backup;
    await load.stop();
    posted = load.posted;
    await Promise.all([deployment.gates.relay.open(), deployment.gates.receiver.open()]);
    original = await untilQuiet(() => listJobs(deployment.request));
  }, 300_000);
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  }, 60_000);
  afterAll(async () => {
    await deployment.close();
    temp.remove();
  }, 60_000);

  const settingsFor = async (name: string) => ({
    ...deployment.env,
    DATA_DIR: join(temp.path, name),
    PORT: String(await findFreePort()),
  });
  const openCopy = async (env: Readonly<Record<string, string>>) => {
    const copy = await openRestored(env);
    running.push(copy.launcher);
    return copy;
  };

  it('while it runs: the backup goes on with it, another one at once is refused, and so is a restore', async () => {
    expect(backup.manifest.running).toBe(true);
    const counts = Object.values(backup.manifest.jobs);
    expect(counts.reduce((sum, { completed }) => sum + completed, 0)).toBeGreaterThan(50);
    expect(
      (backup.manifest.jobs['emails']?.waiting ?? 0) + (backup.manifest.jobs['emails']?.delayed ?? 0),
    ).toBeGreaterThan(5);
    expect(backup.manifest.jobs['webhooks']?.delayed).toBeGreaterThan(5);
    const both = await Promise.all(
      ['c.tar', 'd.tar'].map((name) => heavylift(deployment.env, 'backup', join(temp.path, name))),
    );
    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    expect(both.find(({ code }) => code === 1)?.output).toMatch(/^another backup is under way[^\n]+\n$/);
    const refused = await heavylift(deployment.env, 'restore', backup.file);
    expect(refused).toEqual({ code: 1, output: expect.stringMatching(/^Heavylift runs on [^\n]+\n$/) });
    expect(readdirSync(join(deployment.paths.storage, 'tmp'))).not.toContain('held');
  });

  it('broken off, or without room: nothing is left of it', async () => {
    const folder = join(temp.path, 'broken off');
    const volume = mountSmallVolume(folder);
    const large = join(deployment.paths.storage, 'results/img_x');
    writeFileSync(large, Buffer.alloc(200e6));
    try {
      if (volume) {
        const { code, output } = await heavylift(deployment.env, 'backup', folder);
        expect([code, output]).toEqual([
          1,
          expect.stringMatching(/^the backup takes [^\n]+ free; name another place\n$/),
        ]);
        expect(volume.files()).toEqual([]);
      }
      const ran = startProcess(
        process.execPath,
        ['bin/heavylift.ts', 'backup', join(temp.path, 'e.tar')],
        deployment.env,
      );
      await until('it writes', () => readdirSync(temp.path).some((name) => name.startsWith('.e.tar.part')), LONG);
      ran.signal('SIGTERM');
      expect(await ran.exited).toBe(1);
      expect(ran.output()).toBe('broken off: no backup was made\n');
      expect(readdirSync(temp.path).filter((name) => name.includes('e.tar'))).toEqual([]);
      expect(existsSync(join(deployment.paths.storage, 'tmp/held'))).toBe(false);
    } finally {
      rmSync(large);
      volume?.unmount();
    }
  });

  it('the machine is lost: every job of the moment is there with its files, and nothing goes out twice', async () => {
    await deployment.launcher().stop();
    const sent = new Map(posted.map((one) => [`${one.key}@example.net`, mailsTo(one)]));
    const env = await settingsFor('restored');
    const restored = await heavylift(env, 'restore', backup.file, '--json');
    expect(restored.code).toBe(0);
    expect(restored.output).toMatch(/"lacking": \[\]/);
    expect(restored.output).toMatch(/^\d+ mails, calls and flows waited at /m);
    const copy = await openCopy(env);
    const jobs = await untilQuiet(copy.jobs);

    const known = new Map(jobs.map((job) => [job.id, job]));
    expect(before.filter(({ id }) => !known.has(id as string) && !erased.has(id as string))).toEqual([]);
    const ids = new Set(accepted(posted).map(({ id }) => id));
    expect(jobs.filter(({ id, kind }) => kind !== 'webhooks' && !ids.has(id))).toEqual([]);

    const doneThen = new Map(
      original
        .filter(({ finishedAt }) => finishedAt && finishedAt < backup.manifest.createdAt)
        .map((job) => [job.id, job]),
    );
    for (const job of jobs.filter(({ kind, state }) => state === 'completed' && ['images', 'reports'].includes(kind))) {
      for (const { url, sha256 } of job.result?.files ?? []) {
        const bytes = Buffer.from(await (await copy.request(url)).arrayBuffer());
        expect([job.id, createHash('sha256').update(bytes).digest('hex')]).toEqual([job.id, sha256]);
      }
      const then = doneThen.get(job.id)?.result?.files;
      if (then) expect(job.result?.files?.map(({ sha256 }) => sha256)).toEqual(then.map(({ sha256 }) => sha256));
    }
    expect(posted.filter((one) => mailsTo(one) !== sent.get(`${one.key}@example.net`))).toEqual([]);
    // What was cancelled after the moment was not at the moment, and ends twice, in two ways.
    for (const { id } of original.filter(({ state }) => state === 'cancelled')) known.delete(id);
    const inBackup = posted.filter(({ id }) => known.has(id as string));
    const balance = addUp({
      posted: inBackup,
      jobs: [...known.values()],
      madeRoom: new Set(),
      mails: sent,
      webhooks: webhooks(),
    });
    expect(balance).toMatchObject({ lost: [], ghosts: [], doubled: [], silent: [], unsettled: [] });
    expect(isBalanced(balance)).toBe(true);
  }, 300_000);

  /** The ids of the webhooks that came, by job. */
  const webhooks = () => {
    const found = new Map<string, Set<string>>();
    for (const { headers, body } of deployment.deliveries) {
      const { data } = JSON.parse(body) as { data: { id: string } };
      found.set(data.id, (found.get(data.id) ?? new Set()).add(String(headers['webhook-id'])));
    }
    return found;
  };

  it('as a copy: runs what waited, sends nothing of it, and works', async () => {
    const [mails, deliveries] = [deployment.smtp.mails.length, deployment.deliveries.length];
    const env = await settingsFor('copy');
    const { code, output } = await heavylift(env, 'restore', backup.file, '--as-copy');
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/^A copy: \d+ mails, calls, webhooks and flows that waited are cancelled/m),
    ]);
    const copy = await openCopy(env);
    const jobs = await untilQuiet(copy.jobs);
    expect(jobs.filter(({ error }) => error && error.code !== 'cancelled')).toEqual([]);
    expect([deployment.smtp.mails.length, deployment.deliveries.length]).toEqual([mails, deliveries]);
    const answer = await copy.request('/v1/emails', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ to: 'new@example.net', subject: 'S', text: 'T' }),
    });
    expect(answer.status).toBe(202);
    await until('a new mail is sent', () => deployment.smtp.mails.length === mails + 1, LONG);
  }, 300_000);

  it('moved, stopped before: a backup of what does not run is the whole of it, and nothing is in doubt', async () => {
    const from = { ...(await settingsFor('copy')), DATA_DIR: join(temp.path, 'copy') };
    const file = join(temp.path, 'moved.tar');
    const made = await heavylift(from, 'backup', file, '--json', '--without-secrets');
    expect([made.code, made.output]).toEqual([0, expect.stringContaining('"running": false')]);
    expect(made.output).toContain('"secrets": []');
    const env = await settingsFor('moved');
    const { code, output } = await heavylift(env, 'restore', file, '--json');
    expect([code, output]).toEqual([0, expect.stringContaining('"inDoubt": 0')]);
    expect(output).toContain("The deployment's secret is not here");
    const refused = startProcess(process.execPath, ['bin/heavylift.ts', 'start'], env);
    running.push(refused);
    await until('web is refused', () => /accept-secret/.test(refused.output()), LONG);
  }, 300_000);
});
