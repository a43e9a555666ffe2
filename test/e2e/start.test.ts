import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { countProcesses } from '../../bin/launch/config/environment.ts';
import { listProcesses } from '../../bin/launch/supervisor.ts';
import { parseConfig } from '../../workers/config.ts';
import { runCli } from '../support/cli.ts';
import { startLoad } from '../support/http/steady-load.ts';
import { type LauncherSite, useLauncher } from '../support/operations/use-launcher.ts';
import { startProcess } from '../support/processes.ts';
import { findFreePort } from '../support/product.ts';
import { until } from '../support/until.ts';

describe('bin/start', () => {
  let site: LauncherSite;
  useLauncher((opened) => {
    site = opened;
  });

  it('a first start: every process runs, the printed key is good; another is refused; a restart refuses nobody; SIGTERM stops all, exit 0; the next keeps what was accepted', async () => {
    const { env, paths, start, untilReady, statusOf } = site;
    const first = start();
    await untilReady(first);
    const names = (await listProcesses(paths.supervisorSocket)).map(({ name }) => name);
    const programs = Object.keys(countProcesses(parseConfig(env)));
    // The last one is the spare.
    expect(names.toSorted()).toEqual([...programs.map((program) => `${program}-0`), 'web-1'].toSorted());

    const check = (PORT: string) =>
      spawnSync('bin/docker-healthcheck', { env: { PATH: '/usr/bin:/bin', PORT } }).status;
    expect([check(env.PORT as string), check(String(await findFreePort()))]).toEqual([0, 1]);

    const written = readdirSync(paths.root, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(paths.root, name),
    );
    const openToOthers = written.filter((path) => (lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077);
    expect(written.length).toBeGreaterThan(10);
    expect(openToOthers.filter((path) => !lstatSync(path).isSymbolicLink())).toEqual([]);

    const key = readFileSync(paths.apiKeyFile, 'utf8').trim();
    const accepted = await fetch(`http://127.0.0.1:${env.PORT}/v1/emails`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: ['you@example.com'], subject: 'Hello', text: 'Kept.' }),
    });
    expect(accepted.status).toBe(202);
    expect(first.output()).toContain(`Mail      Kept in the inbox, not sent: SMTP_URL is not set.\n`);
    const inbox = await fetch(`http://127.0.0.1:${env.PORT}/v1/inbox?subject=Hello`, {
      headers: { authorization: `Bearer ${key}`, prefer: 'wait=30' },
    });
    expect(await inbox.json()).toMatchObject({ mails: [{ to: ['you@example.com'], subject: 'Hello' }] });

    const another = start();
    expect(await another.exited).toBe(1);
    expect(another.output()).toContain(`Heavylift already runs on ${env.DATA_DIR}`);
    expect(await statusOf('/readyz')).toBe(200);

    const load = startLoad(`http://127.0.0.1:${env.PORT}/livez`, { connections: 4, restMs: 10 });
    expect(await runCli(env, 'restart', 'web')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(Object.keys((await load.stop()).answers)).toEqual(['200']);

    expect(await first.stop()).toBe(0);
    expect(first.output()).toMatch(/stopping: letting running jobs finish \(up to 20 s\)\nstopped\n$/);

    const next = start();
    await untilReady(next);
    expect(await statusOf(accepted.headers.get('location') as string)).toBe(200);
    // As when its terminal is closed.
    expect(await next.stop('SIGHUP')).toBe(0);
    expect(next.output()).toMatch(/\nstopped\n$/);
  }, 180_000);

  it('ports taken: one line for each, with its setting, exit 1', async () => {
    const { env, start } = site;
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(Number(env.PORT), '127.0.0.1', done));
    const launcher = start();
    expect(await launcher.exited).toBe(1);
    await new Promise((done) => taken.close(done));
    expect(launcher.output()).toContain(`PORT: port ${env.PORT} on 127.0.0.1 is taken.`);
  }, 60_000);

  it('REDIS_URL where nobody answers: says so, exit 1', async () => {
    site.env.REDIS_URL = `redis://127.0.0.1:${await findFreePort()}`;
    const launcher = site.start();
    expect(await launcher.exited).toBe(1);
    expect(launcher.output()).toContain('REDIS_URL: Redis does not answer there');
  }, 60_000);

  it('REDIS_URL of a Redis that could lose jobs: refused with the lines to change, exit 1', async () => {
    const socket = `${dirname(site.paths.root)}/bad.sock`;
    const redis = startProcess('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '']);
    site.env.REDIS_URL = `unix://${socket}`;
    await until('Redis has its socket', () => redis.output().includes('ready to accept connections'));
    const launcher = site.start();
    expect(await launcher.exited).toBe(1);
    await redis.stop('SIGKILL');
    expect(launcher.output()).toContain('set: appendonly yes');
  }, 60_000);

  it('REDIS_URL of a replica: refused with its reason, exit 1', async () => {
    const socket = `${dirname(site.paths.root)}/replica.sock`;
    const args = ['--port', '0', '--unixsocket', socket, '--appendonly', 'yes', '--dir', dirname(site.paths.root)];
    const redis = startProcess('redis-server', [...args, '--replicaof', '127.0.0.1', String(await findFreePort())]);
    site.env.REDIS_URL = `unix://${socket}`;
    await until('Redis has its socket', () => redis.output().includes('ready to accept connections'));
    const launcher = site.start();
    expect(await launcher.exited).toBe(1);
    await redis.stop('SIGKILL');
    expect(launcher.output()).toContain('REDIS_URL: it is a replica and takes no writes');
  }, 60_000);
});
