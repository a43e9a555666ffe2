import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { banner, shellPath } from '../../../bin/launch/banner.ts';
import { findPathProblem, findPortProblem } from '../../../bin/launch/checks.ts';
import { countProcesses, linkLogsToStdout, supervisorEnvironment } from '../../../bin/launch/config/environment.ts';
import { redisConf } from '../../../bin/launch/config/redis-conf.ts';
import { redisMemory } from '../../../bin/launch/config/redis-memory.ts';
import { supervisorConf } from '../../../bin/launch/config/supervisor-conf.ts';
import { findSupervisor, listProcesses } from '../../../bin/launch/supervisor.ts';
import { settingPrefix } from '../../../src/config/settings.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { parseConfig } from '../../../workers/config.ts';
import { CONTRACTS } from '../../../workers/index.ts';
import { planPrograms } from '../../../workers/programs.ts';

const repository = join(import.meta.dirname, '../../..');
const settings = { DATA_DIR: '/srv/my data', PROFILE: 'large' };
const workersSetting = (kind: string) => `${settingPrefix(kind)}WORKERS`;
const PLACE = '%(ENV_RUN_ID)s:%(program_name)s-%(process_num)s';

describe('supervisord.conf', () => {
  const planned = planPrograms(parseConfig(settings));
  const conf = supervisorConf({ checkout: repository, host: '127.0.0.1', programs: planned }).replace(/^;.*$/gm, '');
  const all = conf.split(/^(?=\[)/m);
  const sections = all.filter((section) => /^\[(?:fcgi-)?program:/.test(section));
  const named = all.flatMap(
    (section) => /^\[(?:fcgi-program|program|eventlistener):([a-z+-]+)\]/.exec(section)?.[1] ?? [],
  );

  it('asks for nothing that the launcher does not set, and the launcher sets nothing it does not ask for', () => {
    const config = parseConfig(settings);
    const asked = [...conf.matchAll(/%\(ENV_(\w+)\)s/g)].map(([, name]) => name);
    const set = Object.keys(supervisorEnvironment(config, dataPaths(config.DATA_DIR)));
    expect([...new Set(asked)].toSorted()).toEqual(set.toSorted());
  });

  it.each(planned)(
    '$name: a program that runs its kinds, in as many processes as planned',
    ({ name, kinds, processes }) => {
      const section = sections.find((one) => one.startsWith(`[program:${name}]\n`))?.split('\n');
      expect(section).toContain(`command=%(ENV_RUN_NODE)s workers/main.ts ${kinds.join(' ')} --place ${PLACE}`);
      expect(section).toContain(`numprocs=${processes}`);
    },
  );

  it.each<Record<string, string>>([{}, { SMTP_URL: 'smtp://relay.example' }, { EMAILS_WORKERS: '0' }])(
    'what it sets is taken by the processes that inherit it: %j',
    (more) => {
      const config = parseConfig({ ...settings, ...more });
      const inherited = { ...more, ...supervisorEnvironment(config, dataPaths(config.DATA_DIR)) };
      expect(parseConfig(inherited)).toEqual(config);
    },
  );

  it('the group that stops together: every kind', () => {
    const config = parseConfig(settings);
    const { APP_PROGRAMS } = supervisorEnvironment(config, dataPaths(config.DATA_DIR));
    expect(APP_PROGRAMS?.split(',')).toEqual(planned.map(({ name }) => name));
    expect(conf).toContain('[group:app]\nprograms=%(ENV_APP_PROGRAMS)s\n');
  });

  it("web processes: the socket is supervisord's, and the one of the settings; at an address of IPv6 they listen themselves", () => {
    const web = (host: string) => {
      const text = supervisorConf({ checkout: repository, host, programs: planned });
      return text.split(/^(?=\[)/m).find((section) => /^\[[a-z-]*program:web\]/.test(section)) ?? '';
    };
    expect(web('127.0.0.1')).toMatch(/^\[fcgi-program:web\]\nsocket=tcp:\/\/%\(ENV_HOST\)s:%\(ENV_PORT\)s\n/);
    expect(web('127.0.0.1')).toContain(' --inherited-socket ');
    expect(web('::')).toMatch(/^\[program:web\]\ncommand=.* --reuse-port /);
  });

  it('has a program for everything the launcher counts', () => {
    expect(named.toSorted()).toEqual(Object.keys(countProcesses(parseConfig(settings))).toSorted());
  });

  it('docs/operations.md names the same programs', () => {
    const docs = readFileSync(join(repository, 'docs/operations.md'), 'utf8');
    const [, sentence = ''] = /^Programs are ([^.]*)\./m.exec(docs) ?? [];
    const inDocs = [...sentence.matchAll(/`([a-z+-]+)`/g)].map(([, name]) => name);
    expect(inDocs.toSorted()).toEqual(Object.keys(countProcesses(parseConfig(settings))).toSorted());
  });

  it.each([
    'autorestart=true',
    'startretries=1000000',
    'stopasgroup=false',
    'killasgroup=true',
    'redirect_stderr=true',
  ])('every program: %s', (line) => {
    expect(sections.length).toBeGreaterThan(0);
    for (const section of sections) expect(section.split('\n')).toContain(line);
  });

  it('stopping: Redis is the last to go, after all that use it', () => {
    const priorityOf = (name: string) => Number(new RegExp(`\\[${name}\\][^[]*?^priority=(\\d+)`, 'm').exec(conf)?.[1]);
    expect(priorityOf('program:redis')).toBeLessThan(priorityOf('eventlistener:watch'));
    expect(priorityOf('eventlistener:watch')).toBeLessThan(priorityOf('group:app'));
    expect(priorityOf('group:app')).toBeLessThan(priorityOf('fcgi-program:web'));
  });
});

describe('how many processes run', () => {
  it('nothing set: a Redis of its own', () => {
    const counts = countProcesses(parseConfig({}));
    expect(counts).toMatchObject({ redis: 1, web: parseConfig({}).WEB_WORKERS + 1 });
    for (const { name } of planPrograms(parseConfig({}))) expect(counts[name]).toBeGreaterThan(0);
  });

  it('a kind whose setting is 0: no worker of it runs here', () => {
    for (const { kind } of CONTRACTS)
      expect(countProcesses(parseConfig({ [workersSetting(kind)]: '0' }))[kind]).toBe(0);
  });

  it('a kind of two words: its setting has an underscore', () => {
    expect(workersSetting('pdf-pages')).toBe('PDF_PAGES_WORKERS');
  });

  it('REDIS_URL set: no Redis is started here', () => {
    const config = parseConfig({ REDIS_URL: 'redis://127.0.0.1:6379' });
    expect(countProcesses(config)).toMatchObject({ redis: 0 });
  });

  it('SIGKILL comes later than any drain ends', () => {
    const config = parseConfig({ DRAIN_SECONDS: '100' });
    const { STOP_SECONDS } = supervisorEnvironment(config, dataPaths(config.DATA_DIR));
    expect(Number(STOP_SECONDS)).toBeGreaterThan(108);
  });
});

describe('redis.conf as it is written at the start', () => {
  it('paths with spaces: quoted', () => {
    const text = redisConf(dataPaths('/srv/my data'), 1e8);
    expect(text).toContain('\nappendonly yes\n');
    expect(text).toContain('dir "/srv/my data/redis"');
  });

  it.each(['/srv/[old] data', '/srv/data*', '/srv/what?', '/srv/"data"', '/srv/da\\ta', '/srv/100%'])(
    'a path Redis would take for a pattern, or that ends its quotes (%s): refused',
    (path) => {
      expect(findPathProblem('DATA_DIR', path)).toContain(`DATA_DIR: the path ${path} has one of`);
    },
  );

  it('an ordinary path, also with spaces and letters of any language: taken', () => {
    expect(findPathProblem('DATA_DIR', "/srv/Kari's data (2)/blåbær")).toBeNull();
  });

  it.each([
    [1e9, 250_000_000],
    [512e6, 128_000_000],
    [2e8, 64 * 2 ** 20],
    [64e9, 4 * 2 ** 30],
  ])('%d bytes of memory: Redis may use %d', (memory, expected) => {
    expect(redisMemory(memory)).toBe(expected);
    expect(redisConf(dataPaths('/srv/data'), expected)).toContain(`\nmaxmemory ${expected}\n`);
  });

  it('no port is opened: a socket for this user alone', () => {
    const text = redisConf(dataPaths('/srv/data'), 1e8);
    expect(text).toMatch(/^port 0$/m);
    expect(text).toMatch(/^unixsocket "\/srv\/data\/run\/redis\.sock"$/m);
    expect(text).toMatch(/^unixsocketperm 700$/m);
  });
});

describe('banner', () => {
  const access = { keyFile: '/srv/app/var/api-key', signInLink: 'http://127.0.0.1:3000/login?token=abc' };
  const show = (environment: Record<string, string>, keyFile: string | null = access.keyFile) => {
    const config = parseConfig({ DATA_DIR: '/srv/app/var', ...environment });
    return banner(config, dataPaths(config.DATA_DIR), { ...access, keyFile }, '/srv/app');
  };

  it('says where it is, how to get in, where mail and logs go, and a request that can be pasted', () => {
    const text = show({});
    expect(text).toContain('  Address   http://127.0.0.1:3000\n');
    expect(text).toContain('  Sign in   http://127.0.0.1:3000/login?token=abc\n');
    expect(text).toContain('  Mail      Kept in the inbox, not sent: SMTP_URL is not set.\n');
    expect(text).toContain('  Inbox     http://127.0.0.1:3000/inbox\n');
    expect(text).toContain('  Logs      var/log\n');
    expect(text).toContain('curl -H "Authorization: Bearer $(cat var/api-key)"');
  });

  it('the request that can be pasted: the shortest JSON example of a kind that runs here, quoted for the shell', () => {
    const json = CONTRACTS.filter(({ accepts }) => accepts === 'json');
    const sizeOf = ({ example }: (typeof json)[number]) => JSON.stringify(example).length;
    const [shortest, next] = json.toSorted((one, other) => sizeOf(one) - sizeOf(other));
    const posted = (text: string) => /-d '(.+)' \\\n {4}http:\/\/127.0.0.1:3000\/v1\/(\w+)\n/.exec(text)?.slice(1);
    expect(posted(show({}))).toEqual([JSON.stringify(shortest?.example), shortest?.kind]);
    expect(posted(show({ [workersSetting(shortest?.kind ?? '')]: '0' }))?.[1]).toBe(next?.kind);
    const none = Object.fromEntries(CONTRACTS.map(({ kind }) => [workersSetting(kind), '0']));
    expect(show(none)).not.toContain('Try it');
  });

  it('SMTP_URL set: no inbox is promised', () => {
    expect(show({ SMTP_URL: 'smtp://127.0.0.1:25' })).not.toContain('Inbox');
  });

  it('API_KEYS set: no key file is promised, and no key is shown', () => {
    const text = show({ API_KEYS: 'shop:secret-one' }, null);
    expect(text).toContain('Bearer <a key of API_KEYS>');
    expect(text).not.toContain('secret-one');
  });

  it.each([
    ['/srv/app/var/log', '/srv/app', 'var/log'],
    ['/srv/app/var/log', '/home/kari', '/srv/app/var/log'],
    ["/srv/kari's data/log", '/', "'srv/kari'\\''s data/log'"],
  ])('a path %s, seen from %s: %s', (path, from, shown) => {
    expect(shellPath(path, from)).toBe(shown);
  });
});

describe('with a folder', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'heavylift-launch-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('LOG_TO=stdout: each process has a link to standard output as its log; those of an earlier start are gone', () => {
    const paths = dataPaths(folder);
    mkdirSync(paths.run);
    const before = { IMAGES_WORKERS: '3', REPORTS_WORKERS: '1' };
    const now = parseConfig({ IMAGES_WORKERS: '2', REPORTS_WORKERS: '0', REDIS_URL: 'redis://h' });
    linkLogsToStdout(parseConfig(before), paths);
    linkLogsToStdout(now, paths);
    const links = readdirSync(join(paths.run, 'stdout'));
    const expected = Object.entries(countProcesses(now)).flatMap(([program, count]) =>
      Array.from({ length: count }, (_, number) => `${program}-${number}.log`),
    );
    expect(links.toSorted()).toEqual(expected.toSorted());
    expect(links).toEqual(expect.arrayContaining(['images-1.log', 'web-0.log']));
    expect(links).not.toEqual(expect.arrayContaining(['reports-0.log']));
    expect(readlinkSync(join(paths.run, 'stdout/web-0.log'))).toBe('/dev/fd/1');
  });

  it('no supervisord behind a socket: none is found, and it has no processes', async () => {
    expect(await findSupervisor(join(folder, 'none.sock'))).toBeNull();
    expect(await listProcesses(join(folder, 'none.sock'))).toEqual([]);
  });
});

describe('ports', () => {
  it('a port that somebody listens on: the sentence names the setting and the port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const problem = await findPortProblem('PORT', port, '127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
    expect(problem).toBe(`PORT: port ${port} on 127.0.0.1 is taken. Stop what listens there, or set another PORT.`);
    expect(await findPortProblem('PORT', port, '127.0.0.1')).toBeNull();
  });

  it('an address of another machine: the sentence names HOST', async () => {
    expect(await findPortProblem('PORT', 3000, '192.0.2.1')).toBe('HOST: 192.0.2.1 is not an address of this machine.');
  });
});
