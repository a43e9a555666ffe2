import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { countProcesses } from '../../../bin/launch/config/environment.ts';
import { restartOnChange } from '../../../bin/launch/restart-on-change.ts';
import { listProcesses } from '../../../bin/launch/supervisor.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { parseConfig } from '../../../workers/config.ts';
import { runCli } from '../../support/cli.ts';
import { openSupervised, type Supervised } from '../../support/operations/supervised.ts';
import { startProcess } from '../../support/processes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

describe('a data directory that is not there', () => {
  let dir: ReturnType<typeof makeTempDir>;
  const settings = () => ({ DATA_DIR: join(dir.path, 'none') });
  beforeEach(() => {
    dir = makeTempDir();
  });
  afterEach(() => dir.remove());

  it.each([
    [['status'], 3, /^Heavylift does not run on .*none\. Start it with: bin\/heavylift start\n$/],
    [['status', '--json'], 3, /^Heavylift does not run on/],
    [['stop'], 3, /^Heavylift does not run on/],
    [['start', 'images'], 3, /^Heavylift does not run on/],
    [['restart', 'images'], 3, /^Heavylift does not run on/],
    [['keys', 'list'], 1, /^Redis can not be reached \(.*\); is Heavylift running\?\n$/],
    [['jobs', 'list'], 1, /^Redis can not be reached/],
    [['jobs', 'show', 'img_00000000000000000000000000'], 1, /^Redis can not be reached/],
    [
      ['webhook-secret', 'first'],
      1,
      /none has no deployment secret: run this with the DATA_DIR \(or DEPLOYMENT_SECRET\) of/,
    ],
  ])('%j: exit status %i, one line, and it is still not there', async (args, status, sentence) => {
    const { code, stdout, stderr } = await runCli(settings(), ...args);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(settings().DATA_DIR)).toBe(false);
  });

  it('settings that are not usable: exit status 1, a line for each', async () => {
    const { code, stderr } = await runCli({ PORT: 'x', DRAIN_SECONDS: '0' }, 'status');
    expect(code).toBe(1);
    expect(stderr).toContain(
      '  PORT: must be a whole number from 1 to 65535\n  DRAIN_SECONDS: must be a whole number from 1 to 3600\n',
    );
  });

  it('the command as it is typed, from another folder: the same exit status and line', async () => {
    const typed = startProcess(
      'sh',
      ['-c', 'cd / && exec "$0" status', join(process.cwd(), 'bin/heavylift')],
      settings(),
    );
    expect(await typed.exited).toBe(3);
    expect(typed.output()).toMatch(/^Heavylift does not run on .*none\. Start it with: bin\/heavylift start\n$/);
  });
});

describe('under the real supervisord', () => {
  const settings = { IMAGES_WORKERS: '2', PROFILE: 'large', WEB_WORKERS: '1' };
  const programs = Object.keys(countProcesses(parseConfig(settings))).toSorted();
  let supervised: Supervised;
  let started: Map<string, number>;
  const cli = (...args: string[]) => runCli({ ...settings, DATA_DIR: supervised.dir }, ...args);
  const list = () => listProcesses(dataPaths(supervised.dir).supervisorSocket);
  const pids = async () => new Map((await list()).map(({ name, pid }) => [name, pid]));
  /** The names of all processes that run between restarts. */
  const all = () => [...started.keys()].filter((name) => name !== 'web-1').toSorted();
  /** The names of the processes that have another pid than before. */
  const changedSince = async (before: Map<string, number>) =>
    [...(await pids())].filter(([name, pid]) => before.get(name) !== pid).map(([name]) => name);

  beforeAll(async () => {
    supervised = await openSupervised(settings);
    started = await pids();
  }, 60_000);
  afterAll(() => supervised.close());

  it('status: every process that is set up, by name, with state and pid; exit status 0', async () => {
    const { code, stdout } = await cli('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^(green|amber|red|unknown): .+\n\nNAME +STATE +PID +STARTED +VERSION\n/);
    expect(stdout).toMatch(/^images-1 +running +\d+ +\d{4}-\d\d-\d\d \d\d:\d\dZ +checkout$/m);
    expect(stdout).toMatch(/^web-1 +spare +- /m);
    const { stdout: json } = await cli('status', '--json');
    const listed = JSON.parse(json) as { program: string; state: string; pid: number }[];
    expect([...new Set(listed.map(({ program }) => program))].toSorted()).toEqual(programs);
    const [spare, ...others] = listed.toReversed();
    expect(spare).toMatchObject({ name: 'web-1', state: 'SPARE', pid: null });
    expect(others.every(({ state, pid }) => state === 'RUNNING' && pid > 1)).toBe(true);
  });

  it('restart with the name of one kind: each process that runs it is another one, all others go on', async () => {
    const before = await pids();
    expect(await cli('restart', 'webhooks')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await changedSince(before)).toEqual(['emails+webhooks+calls+flows-0']);
    expect((await list()).every(({ name, state }) => name === 'web-1' || state === 'RUNNING')).toBe(true);
  });

  it('restart with the name of every program there is: each is known, each process is another one', async () => {
    const before = await pids();
    expect(await cli('restart', ...programs)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await changedSince(before)).toSorted()).toEqual(all());
  });

  it('restart with the name of one process: that one alone', async () => {
    const before = await pids();
    expect((await cli('restart', 'images-1')).code).toBe(0);
    expect(await changedSince(before)).toEqual(['images-1']);
  });

  it('restart without a name: the web process and all workers, not Redis and the watch', async () => {
    const before = await pids();
    expect((await cli('restart')).code).toBe(0);
    const kept = ['redis-0', 'watch-0'];
    expect((await changedSince(before)).toSorted()).toEqual(all().filter((name) => !kept.includes(name)));
  });

  it.each(['restart', 'stop', 'start'])(
    '%s with an unknown name: exit status 2, the names there are, nothing is done',
    async (verb) => {
      const before = await pids();
      const { code, stderr } = await cli(verb, 'images', 'webhook');
      expect(code).toBe(2);
      expect(stderr).toBe(`no program "webhook" runs here; there are ${programs.join(', ')}\n`);
      expect(await changedSince(before)).toEqual([]);
    },
  );

  it('stop and start of one program: status names it meanwhile and ends with 1', async () => {
    expect((await cli('stop', 'reports')).code).toBe(0);
    const { code, stdout, stderr } = await cli('status');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'not running: reports-0\n' });
    expect(stdout).toMatch(/^reports-0 +stopped +- /m);
    // What does not run is started by a restart; what runs is left alone by a start.
    const before = await pids();
    expect((await cli('start', 'reports', 'images')).code).toBe(0);
    expect(await changedSince(before)).toEqual(['reports-0']);
    expect((await cli('status')).code).toBe(0);
  });

  it('a process that does not come up: exit status 1, its name and its log', async () => {
    supervised.breakNode();
    const { code, stderr } = await cli('restart', 'webhooks');
    supervised.mendNode();
    expect(code).toBe(1);
    expect(supervised.said()).toMatch(
      /^emails\+webhooks\+calls\+flows-0 does not stay up \(.*\); it is started again and again\. Its log/m,
    );
    expect(stderr).toMatch(
      /^failed: emails\+webhooks\+calls\+flows-0 \(does not stay up; log: .*emails\+webhooks\+calls\+flows-0\.log\)\n$/,
    );
  });

  it('dev: several files change at once: the web process and the workers restart, once', async () => {
    const before = await pids();
    const root = makeTempDir();
    for (const folder of ['src', 'workers/images', 'views']) mkdirSync(join(root.path, folder), { recursive: true });
    const stopping = new AbortController();
    const printed: string[] = [];
    const watching = restartOnChange({
      paths: dataPaths(supervised.dir),
      print: (line) => void printed.push(line),
      signal: stopping.signal,
      root: root.path,
    });
    for (const file of ['src/app.ts', 'workers/images/job.ts']) writeFileSync(join(root.path, file), '');
    const kept = ['redis-0', 'watch-0'];
    const restarted = all().filter((name) => !kept.includes(name));
    await until('all have restarted', async () => {
      const running = (await list()).filter(({ state }) => state === 'RUNNING');
      return running.length === all().length && (await changedSince(before)).length === restarted.length;
    });
    expect((await changedSince(before)).toSorted()).toEqual(restarted);
    const after = await pids();
    stopping.abort();
    await watching;
    expect(await changedSince(after)).toEqual([]);
    expect(printed[1]).toBe('changed: src/app.ts, workers/images/job.ts; restarting');
    root.remove();
  });

  it('stop: everything has ended when it returns', async () => {
    const running = [...(await pids()).values()].filter((pid) => pid > 0);
    expect(await cli('stop')).toEqual({ code: 0, stdout: '', stderr: '' });
    const alive = running.filter((pid) => existsSync(`/proc/${pid}/exe`));
    expect(alive).toEqual([]);
    expect((await cli('status')).code).toBe(3);
    expect(supervised.said()).toMatch(/\nstopping: letting running jobs finish \(up to 20 s\)\nstopped\n$/);
  }, 60_000);
});
