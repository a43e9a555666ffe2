import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { countProcesses } from '../../bin/launch/config/environment.ts';
import { findOrphans } from '../../bin/launch/orphans.ts';
import { listProcesses } from '../../bin/launch/supervisor.ts';
import { dataPaths } from '../../src/data-dir.ts';
import { parseConfig } from '../../workers/config.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const SLOW = { timeoutMs: 60_000 };

/** Ports that nobody listens on at this moment. */
async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

describe('bin/start', () => {
  let dir: ReturnType<typeof makeTempDir>;
  let env: Record<string, string>;
  const started: TestProcess[] = [];

  const start = () => {
    const launcher = startProcess('bin/start', [], env);
    started.push(launcher);
    return launcher;
  };
  const untilReady = (launcher: TestProcess) =>
    until('bin/start says ready', () => launcher.output().includes('Heavylift is ready.'), SLOW).catch((error) => {
      throw new Error(`${error.message}\n${launcher.output()}`);
    });
  const answers = async (path: string) => {
    const key = readFileSync(dataPaths(env.DATA_DIR as string).apiKeyFile, 'utf8').trim();
    return (await fetch(`http://127.0.0.1:${env.PORT}${path}`, { headers: { authorization: `Bearer ${key}` } })).status;
  };

  beforeEach(async () => {
    dir = makeTempDir();
    const [web, smtp, inbox] = await findFreePorts(3);
    env = {
      DATA_DIR: `${dir.path}/data dir`,
      PORT: String(web),
      MAIL_CATCHER_SMTP_PORT: String(smtp),
      MAIL_CATCHER_WEB_PORT: String(inbox),
      IMAGES_WORKERS: '1',
    };
  });
  afterEach(async () => {
    for (const launcher of started.splice(0)) await launcher.stop();
    dir.remove();
  }, 60_000);

  it('a first start: every process runs, the printed key is good; another is refused; SIGTERM stops all, exit 0; the next keeps what was accepted', async () => {
    const first = start();
    await untilReady(first);
    const paths = dataPaths(env.DATA_DIR as string);
    const names = (await listProcesses(paths.supervisorSocket)).map(({ name }) => name);
    const programs = Object.keys(countProcesses(parseConfig(env)));
    expect(names.toSorted()).toEqual(programs.map((program) => `${program}-0`).toSorted());

    const key = readFileSync(paths.apiKeyFile, 'utf8').trim();
    const accepted = await fetch(`http://127.0.0.1:${env.PORT}/v1/emails`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: ['you@example.com'], subject: 'Hello', text: 'Kept.' }),
    });
    expect(accepted.status).toBe(202);
    const inbox = `http://127.0.0.1:${env.MAIL_CATCHER_WEB_PORT}/api/email`;
    await until('the mail is in the inbox', async () => (await (await fetch(inbox)).text()).includes('Hello'));

    const another = start();
    expect(await another.exited).toBe(1);
    expect(another.output()).toContain(`Heavylift already runs on ${env.DATA_DIR}`);
    expect(await answers('/readyz')).toBe(200);

    expect(await first.stop()).toBe(0);
    expect(first.output()).toMatch(/stopping: letting running jobs finish \(up to 20 s\)\nstopped\n$/);

    const next = start();
    await untilReady(next);
    expect(await answers(accepted.headers.get('location') as string)).toBe(200);
    expect(await next.stop('SIGINT')).toBe(0);
  }, 120_000);

  it('supervisord killed with -9: the launcher says so, ends all that it ran in order, and exits 1', async () => {
    const launcher = start();
    await untilReady(launcher);
    const paths = dataPaths(env.DATA_DIR as string);
    process.kill(Number(readFileSync(`${paths.run}/supervisord.pid`, 'utf8')), 'SIGKILL');
    expect(await launcher.exited).toBe(1);
    expect(launcher.output()).toContain('supervisord ended by itself (SIGKILL)');
    expect(findOrphans(paths)).toEqual([]);
    expect(readFileSync(join(paths.redis, 'dump.rdb'), 'latin1')).toMatch(/^REDIS/);
  }, 120_000);

  it('launcher and supervisord killed with -9: the next start ends what they left behind and comes up', async () => {
    const first = start();
    await untilReady(first);
    const supervisord = Number(readFileSync(`${dataPaths(env.DATA_DIR as string).run}/supervisord.pid`, 'utf8'));
    first.signal('SIGKILL');
    process.kill(supervisord, 'SIGKILL');
    await first.exited;
    const second = start();
    await untilReady(second);
    expect(second.output()).toMatch(/ending what a killed supervisord left behind: .*redis \(\d+\)/);
    expect(await second.stop()).toBe(0);
  }, 120_000);

  it('ports taken: one line for each, with its setting, exit 1', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(Number(env.PORT), '127.0.0.1', done));
    const launcher = start();
    expect(await launcher.exited).toBe(1);
    await new Promise((done) => taken.close(done));
    expect(launcher.output()).toContain(`PORT: port ${env.PORT} on 127.0.0.1 is taken.`);
  }, 60_000);

  it('REDIS_URL where nobody answers: says so, exit 1', async () => {
    const [port] = await findFreePorts(1);
    env.REDIS_URL = `redis://127.0.0.1:${port}`;
    const launcher = start();
    expect(await launcher.exited).toBe(1);
    expect(launcher.output()).toContain('REDIS_URL: Redis does not answer there');
  }, 60_000);

  it('REDIS_URL of a Redis that could lose jobs: refused with the lines to change, exit 1', async () => {
    const redis = startProcess('redis-server', ['--port', '0', '--unixsocket', `${dir.path}/bad.sock`, '--save', '']);
    env.REDIS_URL = `unix://${dir.path}/bad.sock`;
    await until('Redis has its socket', () => redis.output().includes('ready to accept connections'));
    const launcher = start();
    expect(await launcher.exited).toBe(1);
    await redis.stop('SIGKILL');
    expect(launcher.output()).toContain('set: appendonly yes');
  }, 60_000);
});
