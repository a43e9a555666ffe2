import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMachine, type Machine } from './machine.ts';

const POLICY = '/usr/sbin/policy-rc.d';
const INSTALL = 'apt-get install -y -qq --no-install-recommends';

/** Whether this machine's packages are Debian's, as bin/setup tells. */
const isDebian = /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));

describe('bin/setup', () => {
  let machine: Machine;
  const callsOf = (...names: string[]) => machine.calls().filter((call) => names.includes(call.split(' ')[0] ?? ''));
  /** Makes redis-server missing until apt-get installs it. */
  const lackRedis = () => machine.removeCommand('redis-server');

  beforeEach(() => {
    machine = createMachine();
  });
  afterEach(() => machine.remove());

  describe('nothing missing', () => {
    it('says nothing, calls nothing, exits 0', async () => {
      expect(await machine.setup()).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(machine.calls()).toEqual([]);
    });

    it('run from another folder, in a path with spaces: the same', async () => {
      expect(machine.folder).toContain(' ');
      expect((await machine.setup()).code).toBe(0);
    });
  });

  describe('redis-server missing', () => {
    it('as root: apt installs it, and nothing else', async () => {
      lackRedis();
      const run = await machine.setup();
      expect(run).toMatchObject({ code: 0, stdout: 'setup: installing redis-server (apt-get)\n' });
      expect(callsOf('apt-get')).toEqual(['apt-get update -qq', `${INSTALL} redis-server`]);
      expect(callsOf('npm')).toEqual([]);
    });

    it("libheif's converter missing too: it comes along, and nothing fails where it can not be had", async () => {
      lackRedis();
      machine.removeCommand('heif-convert');
      machine.addCommand('apt-get', 'case "$*" in *libheif*) exit 100 ;; esac');
      const run = await machine.setup();
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toMatch(/libheif-examples could not be installed; HEIC is read without it\n$/);
      expect(callsOf('apt-get').slice(1)).toEqual([`${INSTALL} redis-server`, `${INSTALL} libheif-examples`]);
    });

    it('its service: disabled, since this run installed it; that of supervisor is left alone', async () => {
      lackRedis();
      await machine.setup();
      expect(callsOf('systemctl')).toEqual(['systemctl disable --now redis-server']);
    });

    it('the ban on starting services: only where the machine has none of its own, and taken back', async () => {
      lackRedis();
      await machine.setup();
      const expected = [`tee ${POLICY}`, `chmod 755 ${POLICY}`, `rm -f ${POLICY}`];
      expect(callsOf('tee', 'chmod', 'rm')).toEqual(existsSync(POLICY) ? [] : expected);
    });

    it('apt-get fails: the ban is taken back, one clear line, exit 1', async () => {
      lackRedis();
      machine.addCommand('apt-get', 'exit 100');
      const run = await machine.setup();
      expect(run.code).toBe(1);
      expect(run.stderr).toContain('apt-get could not install redis-server. Please install redis-server by hand');
      expect(callsOf('rm')).toEqual(existsSync(POLICY) ? [] : [`rm -f ${POLICY}`]);
    });

    it('no apt-get: one line that says what to install, exit 1', async () => {
      lackRedis();
      machine.removeCommand('apt-get');
      const run = await machine.setup();
      expect(run).toMatchObject({ code: 1, stdout: '' });
      expect(run.stderr).toMatch(/^setup: redis-server: not found, and this machine has no apt-get\. .*\n$/);
    });
  });

  describe('as an ordinary user', () => {
    beforeEach(() => {
      machine.remove();
      machine = createMachine(1000);
    });

    it('something missing and sudo is there: apt runs under sudo', async () => {
      machine.removeCommand('supervisord');
      machine.addCommand('sudo', 'exec "$@"');
      expect((await machine.setup()).code).toBe(0);
      expect(callsOf('sudo')).toContain(`sudo env DEBIAN_FRONTEND=noninteractive ${INSTALL} supervisor`);
      expect(callsOf('systemctl')).toEqual(['systemctl disable --now supervisor']);
    });

    it('sudo lets this user do nothing: one line that says what to install, exit 1', async () => {
      lackRedis();
      machine.addCommand('sudo', 'exit 1');
      const run = await machine.setup();
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/^setup: redis-server: not found, and sudo did not let this user .* by hand .*\n$/);
      expect(callsOf('sudo', 'apt-get')).toEqual(['sudo true']);
    });

    it('something missing and no sudo: one line that says what to install, exit 1', async () => {
      machine.removeCommand('supervisorctl');
      lackRedis();
      const run = await machine.setup();
      expect(run).toMatchObject({ code: 1, stdout: '' });
      expect(run.stderr).toContain('only root may install packages. Please install redis-server supervisor by hand');
      expect(run.stderr.trim().split('\n')).toHaveLength(1);
      expect(machine.calls()).toEqual([]);
    });

    it('nothing missing and no sudo: exits 0', async () => {
      expect(await machine.setup()).toEqual({ code: 0, stdout: '', stderr: '' });
    });
  });

  describe('bin/setup --test', () => {
    it('the tools of the tests missing: installed too; no service is touched for them', async () => {
      await machine.setup('--test');
      const browser = isDebian ? 'chromium-headless-shell' : 'chromium';
      expect(callsOf('apt-get').at(-1)).toContain(
        `${INSTALL} ${browser} poppler-utils qpdf curl openssl php-cli php-curl python3`,
      );
      expect(callsOf('systemctl', 'tee')).toEqual([]);
    });

    it('without --test: they are not asked for', async () => {
      await machine.setup();
      expect(callsOf('apt-get')).toEqual([]);
    });
  });

  describe('node_modules', () => {
    const inModules = (name: string) => join(machine.folder, 'node_modules', name);
    const CI = 'npm ci --include=dev --no-audit --no-fund --no-update-notifier --loglevel=error';

    it('missing: npm ci with the development dependencies', async () => {
      rmSync(inModules('.'), { recursive: true });
      await machine.setup();
      expect(callsOf('npm')[0]).toBe(CI);
    });

    it('npm ci interrupted, so that its list was never written: npm ci again', async () => {
      rmSync(inModules('.package-lock.json'));
      const run = await machine.setup();
      expect(run).toMatchObject({
        code: 0,
        stdout: 'setup: installing node_modules (npm ci): 200 MB, a minute or two\n',
      });
      expect(callsOf('npm')).toEqual([CI]);
    });

    it.each([
      ['another version installed', { 'node_modules/node': { version: '24.0.0' } }],
      ['one missing', {}],
      ['one too many', { 'node_modules/node': { version: '24.1.0' }, 'node_modules/left': { version: '1.0.0' } }],
    ])('%s than package-lock.json says: npm ci', async (_what, packages) => {
      writeFileSync(inModules('.package-lock.json'), JSON.stringify({ packages }));
      await machine.setup();
      expect(callsOf('npm')).toEqual([CI]);
    });

    it("another platform's optional package not installed: nothing to do", async () => {
      const packages = {
        'node_modules/node': { version: '24.1.0' },
        'node_modules/sharp-elsewhere': { version: '1.0.0', optional: true },
      };
      writeFileSync(join(machine.folder, 'package-lock.json'), JSON.stringify({ packages }));
      await machine.setup();
      expect(machine.calls()).toEqual([]);
    });

    it("this machine's own optional package not installed, as an old Node.js leaves it: npm ci", async () => {
      const ours = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch], libc: ['glibc'] };
      const others = { ...ours, cpu: ['s390x'] };
      const packages = {
        'node_modules/node': { version: '24.1.0' },
        'node_modules/sharp-here': ours,
        'node_modules/sharp-elsewhere': others,
        'node_modules/sharp-musl': { ...ours, libc: ['musl'] },
        'node_modules/not-windows': { ...others, os: ['!win32'] },
      };
      writeFileSync(join(machine.folder, 'package-lock.json'), JSON.stringify({ packages }));
      await machine.setup();
      expect(callsOf('npm')).toEqual([CI]);
      writeFileSync(inModules('.package-lock.json'), JSON.stringify({ packages: { ...packages } }));
      expect((await machine.setup()).code).toBe(0);
    });

    it('Node.js 18: node 24 and a newer npm are fetched, and these install', async () => {
      const newNpm = `#!/bin/sh\necho "npm 11 $*" >>'${machine.folder}/journal'\n`;
      writeFileSync(join(machine.folder, 'npm-11'), newNpm, { mode: 0o755 });
      const [copy, makeFolder] = ['cp', 'mkdir'].map((tool) => execFileSync('which', [tool]).toString().trim());
      const bin = '"$3/node_modules/.bin"';
      machine.addCommand('npm', `${makeFolder} -p ${bin} && ${copy} '${machine.folder}/npm-11' ${bin}/npm`);
      machine.removeCommand('node');
      machine.addCommand(
        'node',
        `case "$1" in -e) exit 1 ;; --version) echo v18.19.0 ;; *) exec ${process.execPath} "$@" ;; esac`,
      );
      rmSync(inModules('.package-lock.json'));
      const run = await machine.setup();
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toContain('fetching node 24 first: v18.19.0 of this machine is too old to install with\n');
      expect(callsOf('npm')).toEqual([
        expect.stringMatching(/^npm install --prefix \S+ .* node@24\.1\.0 npm@11$/),
        CI.replace('npm', 'npm 11'),
      ]);
    });

    it('sharp does not load after the installation: said, exit 1', async () => {
      writeFileSync(inModules('sharp/index.js'), 'throw new Error("no libvips here")');
      rmSync(inModules('.package-lock.json'));
      const run = await machine.setup();
      expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('no libvips here') });
      expect(run.stderr).toContain('setup: sharp, which draws pictures, does not load on this machine');
    });

    it('npm ci fails: exit 1', async () => {
      rmSync(inModules('.package-lock.json'));
      machine.addCommand('npm', 'exit 1');
      expect(await machine.setup()).toMatchObject({ code: 1, stderr: expect.stringContaining('npm ci failed') });
    });
  });

  describe('node 24', () => {
    it('its install script did not run: it is run once more, and the rest says how to allow it', async () => {
      rmSync(join(machine.folder, 'node_modules/.bin/node'));
      const run = await machine.setup();
      expect(run.code).toBe(1);
      expect(callsOf('npm')).toEqual(['npm rebuild node --foreground-scripts --loglevel=error']);
      expect(run.stderr).toContain('npm install-scripts approve node');
    });

    it('mended by running its install script: exits 0', async () => {
      const node = join(machine.folder, 'node_modules/.bin/node');
      rmSync(node);
      machine.addCommand(
        'npm',
        `printf '#!/bin/sh\\necho v24.9.9\\n' >'${node}' && ${process.execPath} -e 'fs.chmodSync("${node}", 0o755)'`,
      );
      expect(await machine.setup()).toMatchObject({ code: 0, stderr: '' });
    });

    it('no node at all: says what to install, exit 1', async () => {
      rmSync(join(machine.folder, 'node_modules/.bin/node'));
      machine.removeCommand('node');
      const run = await machine.setup();
      expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('Please install Node.js 20 or newer') });
    });
  });
});

it('package-lock.json: whatever is made for 64-bit Intel alone is there for 64-bit ARM too', () => {
  type Package = { os?: string[]; cpu?: string[]; libc?: string[] };
  const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as {
    packages: Record<string, Package>;
  };
  const madeFor = (machine: string) =>
    Object.entries(packages)
      .filter(([, { os, cpu, libc = ['glibc'] }]) => os?.[0] === 'linux' && cpu?.[0] === machine && libc[0] === 'glibc')
      .map(([path]) => path.replace(machine, 'MACHINE'));
  expect(madeFor('x64')).toContain('node_modules/@img/sharp-linux-MACHINE');
  expect(madeFor('arm64')).toEqual(expect.arrayContaining(madeFor('x64')));
});
