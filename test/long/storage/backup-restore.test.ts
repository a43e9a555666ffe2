import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Backup, makeBackup } from '../../../bin/backup/backup.ts';
import { readBytes } from '../../../bin/backup/files.ts';
import { copyLog } from '../../../bin/backup/log-copy.ts';
import { mendAppendOnlyFile } from '../../../bin/launch/append-only/mend.ts';
import { findProblems } from '../../../bin/launch/checks.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { parseConfig } from '../../../workers/config.ts';
import { runCli } from '../../support/cli.ts';
import { openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { openHttpSink } from '../../support/http/http-sink.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

interface Shown {
  id: string;
  kind: string;
  state: string;
  result?: { state?: string };
  error?: { code: string; detail: string };
  webhook?: { state: string } | null;
}

const REPORT = { template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x'.repeat(6000) }] } };

describe('a backup of a deployment that runs', () => {
  let product: Product;
  let smtp: TestSmtpServer;
  let temp: ReturnType<typeof makeTempDir>;
  let backup: Backup;
  const ids: Record<string, string> = {};
  const started: (TestProcess | TestRedis)[] = [];

  const post = async (path: string, body: object) => {
    const answer = await product.request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
    const { id } = (await answer.json()) as { id: string };
    expect(answer.status).toBe(202);
    return id;
  };
  const mail = (fields: object) => post('/v1/emails', { to: ['kari@example.no'], subject: 'S', text: 'T', ...fields });

  const makeIt = (name: string, withoutSecrets = false) =>
    makeBackup(parseConfig({ DATA_DIR: product.dir }), {
      file: join(temp.path, name),
      withoutSecrets,
      running: true,
      remark: () => {},
      signal: new AbortController().signal,
    });

  beforeAll(async () => {
    temp = makeTempDir();
    [product, smtp] = await Promise.all([
      startProduct({ kinds: ['images'], env: { WEBHOOKS_ALLOW: '127.0.0.1' } }),
      openSmtpServer(),
    ]);
    const sink = await openHttpSink();
    const callbackUrl = `${sink.url}/ended`;
    await sink.close();
    ids['done'] = await postPhoto(product, { callbackUrl });
    await product.jobReaches(ids['done'], 'completed');
    // Nothing runs these kinds yet.
    ids['report'] = await post('/v1/reports', { ...REPORT, callbackUrl });
    ids['mail'] = await mail({});
    ids['resent'] = await mail({ onUnknown: 'resend' });
    ids['running'] = await mail({});
    // As a worker has it whose run has begun.
    const [active, wait] = ['active', 'wait'].map((list) => `heavylift:{emails}:emails:${list}`) as [string, string];
    const redis = product.redis.client();
    expect(await redis.lrem(wait, 1, ids['running'])).toBe(1);
    await redis.lpush(active, ids['running']);
    await redis.hset(`heavylift:{emails}:emails:${ids['running']}`, 'begun', 1);
    const uploaded = await product.request('/v1/uploads', { method: 'POST', body: 'words' });
    ids['upload'] = ((await uploaded.json()) as { id: string }).id;
    ids['later'] = await mail({
      runAt: new Date(Date.now() + 86_400_000).toISOString(),
      attachments: [{ filename: 'a.txt', upload: ids['upload'] }],
    });
    // The Redis of the test is elsewhere; a backup looks for it where the product would have it.
    const paths = dataPaths(product.dir);
    mkdirSync(paths.run, { recursive: true });
    symlinkSync(product.redis.socket, paths.redisSocket);
    backup = await makeIt('b.tar');
    // What comes and goes after its moment changes nothing.
    ids['after'] = await postPhoto(product);
    expect((await product.request(`/v1/jobs/${ids['done']}`, { method: 'DELETE' })).status).toBe(204);
  }, 60_000);
  afterAll(async () => {
    for (const one of started) await one.stop();
    await Promise.all([product.close(), smtp.close()]);
    temp.remove();
  });

  let folders = 0;
  const freshDir = () => {
    folders += 1;
    return join(temp.path, `d${folders}`);
  };
  const restoreTo = async (dataDir: string, ...options: string[]) => {
    const ran = await runCli({ DATA_DIR: dataDir }, 'restore', backup.file, '--json', ...options);
    expect(ran).toMatchObject({ code: 0 });
    return {
      ...ran,
      ...(JSON.parse(ran.stdout) as { cancelled: number; inDoubt: number; lacking: string[]; deployment: string }),
    };
  };
  /** Runs Redis over a restored folder, and asks the command line for all jobs. */
  const openRestored = async (dataDir: string) => {
    const redis = await startRedis(dataDir);
    started.push(redis);
    const settings = { DATA_DIR: dataDir, REDIS_URL: redis.url };
    return {
      settings,
      jobs: async () => {
        const { stdout } = await runCli(settings, 'jobs', 'list', '--json', '--limit', '100');
        return Object.fromEntries((JSON.parse(stdout) as Shown[]).map((job) => [job.id, job]));
      },
    };
  };

  it('--check: says what is in it, by kind and state', async () => {
    const { code, stdout } = await runCli({ DATA_DIR: freshDir() }, 'restore', backup.file, '--check');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^images +0 +0 +0 +1 +0 +0$/m);
    expect(stdout).toMatch(/^reports +1 +0 +0 +0 +0 +0$/m);
    expect(stdout).toMatch(/^emails +2 +1 +1 +0 +0 +0$/m);
    expect(stdout).toMatch(/^webhooks +1 +0 +0 +0 +0 +0$/m);
    expect(backup.manifest).toMatchObject({
      running: true,
      dataVersion: 2,
      redis: { format: 10 },
      secrets: ['secret'],
    });
  });

  it('restored: every job and file of its moment; mails that may have been sent since are not sent again', async () => {
    const dataDir = freshDir();
    const { inDoubt, lacking, cancelled, stderr } = await restoreTo(dataDir);
    expect([inDoubt, lacking, cancelled]).toEqual([3, [], 0]);
    expect(stderr).toContain('3 mails, calls and flows waited at');
    const { settings, jobs } = await openRestored(dataDir);
    const before = await jobs();
    const { stdout: done } = await runCli(settings, 'audit', '--json');
    expect(JSON.parse(done)[0]).toMatchObject({ action: 'product.restore', by: 'cli', target: backup.file });
    expect(Object.keys(before)).toHaveLength(7);
    expect(before[ids['running'] ?? '']?.state).toBe('waiting');
    expect(before[ids['after'] ?? '']).toBeUndefined();
    expect(existsSync(join(dataDir, 'storage', 'results', ids['done'] ?? ''))).toBe(true);
    const files = readdirSync(join(dataDir, 'storage', 'uploads'));
    expect(files).toContainEqual(expect.stringContaining(ids['upload'] ?? '?'));
    const env = { ...settings, SMTP_URL: smtp.url };
    started.push(startProcess(process.execPath, ['workers/main.ts', 'emails', 'reports'], env));
    const reaches = (name: string) =>
      until(`${name} has ended`, async () => {
        const job = (await jobs())[ids[name] ?? ''];
        return job?.state === 'completed' ? job : null;
      });
    for (const name of ['mail', 'running']) expect((await reaches(name)).result?.state).toBe('unknown');
    expect((await reaches('resent')).result?.state).toBe('sent');
    await reaches('report');
    expect((await jobs())[ids['later'] ?? '']?.state).toBe('delayed');
    expect(smtp.mails).toHaveLength(1);
  });

  it('without its secrets: it says that the secret is missing, unless that is there already, or in the settings', async () => {
    const { file } = await makeIt('bare.tar', true);
    const secret = readFileSync(join(product.dir, 'secret'), 'utf8');
    const restoreBare = async (dataDir: string, settings: Record<string, string> = {}) =>
      (await runCli({ DATA_DIR: dataDir, ...settings }, 'restore', file)).stderr;
    expect(await restoreBare(freshDir())).toContain("The deployment's secret is not here");
    expect(await restoreBare(freshDir(), { DEPLOYMENT_SECRET: 'x'.repeat(40) })).toContain(
      "The deployment's secret is not here",
    );
    expect(await restoreBare(freshDir(), { DEPLOYMENT_SECRET: secret.trim() })).not.toContain('secret');
    const dataDir = freshDir();
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'secret'), secret);
    expect(await restoreBare(dataDir)).not.toContain('secret');
    expect(readFileSync(join(dataDir, 'secret'), 'utf8')).toBe(secret);
    const other = freshDir();
    mkdirSync(other);
    writeFileSync(join(other, 'secret'), 'another one');
    const refused = await runCli({ DATA_DIR: other }, 'restore', backup.file);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/secret is another one than that of the backup/),
    ]);
  });

  it('--send-waiting: what waited waits on', async () => {
    expect(await restoreTo(freshDir(), '--send-waiting')).toMatchObject({ inDoubt: 0, cancelled: 0 });
  });

  it('--as-copy: another deployment, of which nothing that waited is sent, and no job calls back', async () => {
    const dataDir = freshDir();
    const { cancelled, deployment, inDoubt } = await restoreTo(dataDir, '--as-copy');
    expect([cancelled, inDoubt]).toEqual([5, 0]);
    expect(deployment).not.toBe(backup.manifest.deployment);
    expect(readFileSync(join(dataDir, 'storage/deployment/id'), 'utf8').trim()).toBe(deployment);
    const { jobs } = await openRestored(dataDir);
    const shown = await jobs();
    for (const name of ['mail', 'running', 'resent', 'later']) {
      expect(shown[ids[name] ?? '']).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
      expect(shown[ids[name] ?? '']?.error?.detail).toMatch(/^Not sent: this deployment was restored as a copy/);
    }
    expect(shown[ids['report'] ?? '']?.state).toBe('waiting');
    expect(Object.values(shown).filter(({ kind, state }) => kind === 'webhooks' && state !== 'cancelled')).toEqual([]);
    const data = await (started.at(-1) as TestRedis)
      .client()
      .hget(`heavylift:{reports}:reports:${ids['report']}`, 'data');
    expect(data).not.toContain('callbackUrl');
    const mixed = {
      DATA_DIR: dataDir,
      REDIS_URL: product.redis.url,
      PORT: String(await findFreePort()),
      SMTP_URL: smtp.url,
    };
    expect(await findProblems(parseConfig(mixed), process.cwd())).toEqual([
      expect.stringMatching(/different deployments/),
    ]);
  });

  it('a folder with data, another KEY_PREFIX, a Redis of its own, a bad file: refused in one line, nothing is written', async () => {
    const fresh = freshDir();
    const cut = join(temp.path, 'cut.tar');
    writeFileSync(cut, readFileSync(backup.file).subarray(0, 9000));
    const refusals: [Record<string, string>, string, RegExp][] = [
      [{ DATA_DIR: product.dir }, backup.file, /^redis \(\d+\) still runs on /],
      [{ DATA_DIR: fresh, KEY_PREFIX: 'other' }, backup.file, /KEY_PREFIX=heavylift; set the same/],
      [{ DATA_DIR: fresh, REDIS_URL: product.redis.url }, backup.file, /^REDIS_URL is set/],
      [{ DATA_DIR: fresh }, cut, /is cut off/],
      [{ DATA_DIR: fresh }, join(temp.path, 'missing.tar'), /ENOENT/],
      [{ DATA_DIR: fresh, DISK_RESERVE: '900000GB' }, backup.file, /stay free \(DISK_RESERVE\)/],
    ];
    for (const [settings, file, sentence] of refusals) {
      const { code, stdout, stderr } = await runCli(settings, 'restore', file);
      expect([code, stdout, stderr.trim()]).toEqual([1, '', expect.stringMatching(sentence)]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(existsSync(fresh)).toBe(false);
    await restoreTo(fresh);
    expect(await runCli({ DATA_DIR: fresh }, 'restore', backup.file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^there is data in /),
    });
  });

  it('a restore that was broken off: the start refuses, and the next restore begins anew', async () => {
    const dataDir = freshDir();
    mkdirSync(join(dataDir, 'restore.part'), { recursive: true });
    mkdirSync(join(dataDir, 'storage', 'results'), { recursive: true });
    writeFileSync(join(dataDir, 'restore.part', 'moving'), '');
    const config = parseConfig({ DATA_DIR: dataDir, SMTP_URL: smtp.url, PORT: String(await findFreePort()) });
    expect(await findProblems(config, process.cwd())).toEqual([expect.stringMatching(/^DATA_DIR: a restore into /)]);
    await restoreTo(dataDir);
    expect(await findProblems(config, process.cwd())).toEqual([]);
  });

  it('the queue of a later Redis: the start says so in one line', async () => {
    const dataDir = freshDir();
    await restoreTo(dataDir);
    const base = join(dataDir, 'redis/appendonlydir/appendonly.aof.1.base.rdb');
    const content = readFileSync(base);
    content.write('REDIS0099');
    writeFileSync(base, content);
    const { problem } = await mendAppendOnlyFile(dataPaths(dataDir));
    expect(problem).toMatch(/^The queue in .+ was written by a later Redis \(format 99\) than redis-server here \(\d/);
  });

  it('a rewrite of the append-only file between two steps: the copy is begun anew, and is whole', async () => {
    const redis = product.redis.client();
    const marker = 'a marker of this test';
    const tried: string[] = [];
    const { log } = await copyLog(product.dir, marker, async () => {
      if (tried.length === 0) {
        await redis.bgrewriteaof();
        await until('it is done', async () => (await redis.info('persistence')).includes('aof_rewrite_in_progress:0'));
      }
      tried.push(await redis.set('marker', marker));
    });
    expect(tried).toHaveLength(2);
    expect(log.manifest.trim().split('\n')).toHaveLength(log.files.length);
    const { handle, bytes } = log.files.at(-1) as (typeof log.files)[number];
    const copied = (await buffer(readBytes(handle, bytes))).toString();
    expect(copied.endsWith(`${marker}\r\n`)).toBe(true);
    await log.close();
  });

  it('a Redis whose memory is full: backed up all the same', async () => {
    await product.redis.client().config('SET', 'maxmemory', '1');
    const { manifest } = await makeIt('full.tar');
    expect(manifest.jobs['emails']).toMatchObject({ waiting: 2, delayed: 1, active: 1 });
  });
});
