import { chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { noteBackup } from '../../../bin/backup/last-backup.ts';
import { warnAtStart } from '../../../bin/doctor/at-start.ts';
import { examine } from '../../../bin/doctor/doctor.ts';
import { dataPaths, makeDataDir } from '../../../src/data-dir.ts';
import { CHECKS, type CheckFinding, type CheckName } from '../../../src/doctor/finding.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { runCli } from '../../support/cli.ts';
import { openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { ON_DISK } from '../../support/matrix/switch.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

/** What was found of that check, as `level: text`. */
const linesOf = (findings: readonly CheckFinding[], name: CheckName): string[] =>
  findings.filter(({ check }) => check === name).map(({ level, text }) => `${level}: ${text}`);
const YEAR_MS = 365 * 86_400_000;

/** Whether a check is made: how full a disk is matters where files lie there. */
const isMade = (check: string): boolean => check !== 'disk' || ON_DISK;

describe('a deployment that is well', () => {
  let test: TestApp;
  let server: Server;
  let smtp: TestSmtpServer;
  let findings: CheckFinding[];
  beforeAll(async () => {
    test = await openTestApp();
    smtp = await openSmtpServer({ auth: { code: 235, text: 'come in' } });
    server = createServer(test.app);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const port = (server.address() as AddressInfo).port;
    // The address is asked for by path of the one; it answers as the deployment does.
    findings = await examine({
      ...test.config,
      DEPLOYMENT_SECRET: test.secrets,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      SMTP_URL: smtp.url.replace('smtp://', 'smtp://relay:secret@'),
      EMAILS_FROM: 'Heavylift <kari@example.invalid>',
    } as never);
  }, 60_000);
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await smtp.close();
    await test.close();
  });

  it('each check says something, and what is well is ok', () => {
    expect([...new Set(findings.map(({ check }) => check))]).toEqual(Object.keys(CHECKS).filter(isMade));
    for (const { level, fix } of findings) expect(fix === undefined).toBe(level === 'ok' || level === 'unknown');
    const named = ['redis', 'redis-settings', 'storage', 'disk', 'modes', 'secrets', 'fonts', 'settings'] as const;
    const ok = named.map((name) => linesOf(findings, name).map((line) => line.split(':')[0]));
    expect(new Set(ok.flat())).toEqual(new Set(['ok']));
  });

  it.each([
    ['redis', /^ok: Redis \d+\.\d+\.\d+, master, takes writes$/],
    ['redis-settings', /^ok: append-only file on, appendfsync always, maxmemory-policy noeviction$/],
    ['redis-latency', /: a write, synced as it is set up: p99 .* ms, half of \d+ within .* ms$/],
    ['disk-sync', /: 4 KB written and synced in .*: p99 .* ms, half of \d+ within .* ms$/],
    ['storage', /^ok: .* takes files and gives them back$/],
    ['clock', /: the clock of .* is .* (ahead of|behind) that of Redis, which is used$/],
    ['relay', /^ok: .*:\d+ takes us: in clear, signed in$/],
    ['public-url', /^ok: http:\/\/127\.0\.0\.1:\d+ leads here, and takes 51 MB$/],
    ['exposure', /^ok: HOST is 127\.0\.0\.1: this machine alone reaches it, and its proxy$/],
    ['processes', /^unknown: no supervisord answers on .*: does something else run the processes\?$/],
    ['libraries', /^(ok: those of images, reports, emails, webhooks, calls, flows load|unknown: no answer)/],
  ] as const)('%s', (name, line) => {
    expect(linesOf(findings, name)[0]).toMatch(line);
  });

  it('the probe of the way in is closed without a token, and leaves nothing behind', async () => {
    expect((await request(test.app).post('/doctorz').send('x')).status).toBe(401);
    expect((await request(test.app).post('/doctorz').set('X-Doctor-Token', 'a.b.c').send('x')).status).toBe(401);
    expect((await test.storedFiles()).filter((file) => file.includes('doctor'))).toEqual([]);
  });

  it('the page: for operators alone; what is wrong comes first', async () => {
    expect((await request(test.app).get('/admin/doctor').set('Authorization', bearer('kari'))).status).toBe(403);
    const show = async () =>
      (await request(test.app).get('/admin/doctor').set('Authorization', bearer('operator')).set('Accept', 'text/html'))
        .text;
    expect(await show()).toContain('http-equiv="refresh"');
    const page = await until('the examination ends', async () => {
      const text = await show();
      return text.includes('http-equiv="refresh"') ? null : text;
    });
    for (const [check, name] of Object.entries(CHECKS)) {
      if (isMade(check)) expect(page).toContain(`<strong>${name}</strong>`);
    }
    expect(page.indexOf('verdict-green"')).toBeGreaterThan(page.indexOf('verdict-amber"'));
  });
});

describe('a deployment where much is wrong', () => {
  const dir = makeTempDir();
  let redis: TestRedis;
  let findings: CheckFinding[];
  let config: Parameters<typeof examine>[0];
  let relay: TestSmtpServer;

  beforeAll(async () => {
    const bad = ['--maxmemory-policy', 'allkeys-lru', '--appendonly', 'no', '--maxmemory', '10mb'];
    redis = await startRedis(dir.path, [...bad, '--protected-mode', 'no', '--bind', '0.0.0.0']);
    const client = redis.client();
    await client.setrange('heavylift:{test}:filler', 7_600_000, 'x');
    // Nobody listens there: what it says of itself is looked at.
    await client.config('SET', 'port', '0');
    const store = createKeyStore(client);
    const before = new Date(Date.now() - YEAR_MS * 1.2).toISOString();
    await store.add({ name: 'old', digest: 'a'.repeat(64), scopes: [], rate: null, createdAt: before } as never);
    relay = await openSmtpServer({ auth: { code: 535, text: 'wrong password' } });
    config = {
      ...defaultConfig(),
      DATA_DIR: dir.path,
      REDIS_URL: redis.url,
      HOST: '0.0.0.0',
      PUBLIC_URL: 'http://127.0.0.1:1',
      REPORTS_FONTS: [join(dir.path, 'nothing')],
      SMTP_URL: relay.url.replace('smtp://', 'smtp://relay:wrong@'),
      MAX_CONNECTIONS: 100_000_000,
    };
    const paths = dataPaths(dir.path);
    makeDataDir(paths);
    writeFileSync(paths.secretFile, 'a secret that everybody reads\n');
    chmodSync(paths.secretFile, 0o644);
    writeFileSync(paths.apiKeyFile, 'key\n');
    chmodSync(paths.apiKeyFile, 0o640);
    const then = new Date(Date.now() - YEAR_MS * 1.5);
    utimesSync(paths.secretFile, then, then);
    // A file in the place of the folder: it takes nothing, whoever asks.
    rmSync(paths.storage, { recursive: true });
    writeFileSync(paths.storage, '');
    findings = await examine(config);
  }, 60_000);
  afterAll(async () => {
    await relay.close();
    await redis.stop();
    dir.remove();
  });

  it.each([
    ['redis-settings', /^error: Redis may lose jobs: maxmemory-policy is allkeys-lru/],
    ['redis-settings', /^error: Redis may lose jobs: the append-only file is off/],
    ['redis-memory', /^error: Nothing is accepted: Redis is \d\d % full$/],
    ['storage', /^error: .*storage takes no file \(E\w+\)$/],
    ['modes', /^error: everybody on this machine may read secrets: .*secret \(644\)$/],
    ['modes', /^warning: a group may read secrets: .*api-key \(640\)$/],
    ['secrets', /^warning: the secret is 547 days old/],
    ['fonts', /^error: REPORTS_FONTS leads to no usable font: .*nothing$/],
    ['relay', /^error: .*:\d+: .*(log|password).*/i],
    ['sender', /^error: EMAILS_FROM is of "localhost", which is nobody's domain$/],
    ['exposure', /^warning: HOST is 0\.0\.0\.0 without TLS/],
    ['limits', /^warning: a process may open .* files; MAX_CONNECTIONS needs 100,000,300$/],
    ['public-url', /^error: http:\/\/127\.0\.0\.1:1: can not be reached \(ECONNREFUSED\)$/],
    ['backup', /^unknown: with REDIS_URL/],
  ] as const)('%s: %p', (name, line) => {
    expect(linesOf(findings, name)).toContainEqual(expect.stringMatching(line));
  });

  it('the start warns of what is known before anything runs', async () => {
    const said = (await warnAtStart(config)).map((line) => line.split(':')[0]);
    expect(said).toEqual(expect.arrayContaining(['Open files', 'File modes', 'Age of secrets', 'Addresses']));
  });

  it('a port of Redis that others reach: an error, unless it has a password', async () => {
    const client = redis.client();
    const look = async () => linesOf(await examineExposure(), 'exposure').at(-1);
    const { ADDRESS_CHECKS } = await import('../../../bin/doctor/addresses.ts');
    const { openExamination, settle } = await import('../../../bin/doctor/examination.ts');
    const [exposure] = ADDRESS_CHECKS;
    async function examineExposure() {
      const ending = new AbortController();
      const examination = await openExamination(config, ending.signal);
      const found = await settle(exposure as never, examination, 5000);
      examination.redis?.disconnect();
      ending.abort();
      return found;
    }
    expect(await look()).toBe('ok: Redis has no port: a socket in a private folder alone');
    const probe = createServer();
    await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    await client.config('SET', 'port', String(port));
    expect(await look()).toBe(`error: Redis takes whoever reaches its port ${port}, without a password`);
    await client.config('SET', 'protected-mode', 'yes');
    expect(await look()).toMatch(/^ok: Redis has a port, and/);
    await client.config('SET', 'port', '0');
  });
});

describe('a folder where nothing runs', () => {
  const dir = makeTempDir();
  afterAll(() => dir.remove());
  const settings = { DATA_DIR: join(dir.path, 'data'), IMAGES_WORKERS: '0', REPORTS_WORKERS: '0', EMAILS_WORKERS: '0' };
  const run = (...args: string[]) =>
    runCli({ ...settings, WEBHOOKS_WORKERS: '0', CALLS_WORKERS: '0', PORT: '1' }, 'doctor', ...args);

  it('exit status 2, a table with what mends each thing; a backup that is old is a warning', async () => {
    mkdirSync(settings.DATA_DIR, { mode: 0o700 });
    const at = new Date(Date.now() - 3 * 86_400_000).toISOString();
    noteBackup(dataPaths(settings.DATA_DIR), { at, file: '/srv/backups/a.tar', bytes: 1_000_000 });
    const { code, stdout, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toMatch(/^\d+ errors, \d+ warnings?, \d+ not known\n$/);
    expect(stdout).toMatch(
      /^Redis +ERROR +Nothing is accepted: Redis is gone( \(.*\))?\n +Look at the end of redis-0\.log/m,
    );
    expect(stdout).toMatch(/^Storage +ERROR +there is no .*storage$/m);
    expect(stdout).toMatch(/^Processes +ERROR +no supervisord answers on /m);
    expect(stdout).toMatch(/^Backup +WARNING +the last one is 3 days old: \/srv\/backups\/a\.tar \(1 MB\)$/m);
  }, 30_000);

  it('settings that can not be used are its only finding', async () => {
    const { code, stdout } = await runCli({ PORT: 'x' }, 'doctor', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      2,
      [
        {
          check: 'settings',
          level: 'error',
          text: 'PORT: must be a whole number from 1 to 65535',
          fix: 'Mend it in .env, or in the environment.',
        },
      ],
    ]);
  });
});
