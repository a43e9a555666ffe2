import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort } from '../../support/product.ts';
import { copyProduct, type ProductCopy } from '../../support/product-copy.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const LONG_MS = 900_000;
const SETTINGS = '/etc/heavylift/settings.env';
const APP = '/opt/heavylift';
const DATA = '/var/lib/heavylift';
// biome-ignore lint/style/noProcessEnv: what this machine trusts beside the usual, to reach the registry
const { NODE_EXTRA_CA_CERTS: CERTIFICATES } = process.env;
/** Where a Debian is fetched from. */
const MIRROR = 'http://deb.debian.org/debian';

/** Why no Debian can be made here; null when one can. */
function findFault(): string | null {
  if (process.getuid?.() !== 0) return 'only root may';
  if (spawnSync('mmdebstrap', ['--version']).error) return 'no mmdebstrap';
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'no mount namespaces';
  return spawnSync('curl', ['-sfI', '-m', '10', `${MIRROR}/dists/bookworm/Release`]).status === 0 ? null : 'no mirror';
}

const fault = findFault();
if (fault) process.stdout.write(`deploy/install.sh on a fresh Debian: skipped (${fault})\n`);
(fault ? describe.skip : describe)('deploy/install.sh on a fresh Debian without systemd', () => {
  const { path: dir, remove } = makeTempDir();
  const root = join(dir, 'debian');
  const within = (path: string) => join(root, path);
  const read = (path: string) => readFileSync(within(path), 'utf8');
  let version: ProductCopy;
  let started: TestProcess | undefined;
  let port: number;

  /** A command in that Debian, which has the processes and the network of this machine, and mounts of its own. */
  const inside = (...command: string[]): [string, string[]] => {
    const mounts = ['proc', 'sys', 'dev'].map((name) => `mount --rbind /${name} "$0/${name}"`).join(' && ');
    const certificates = CERTIFICATES ? ['NODE_EXTRA_CA_CERTS=/etc/ssl/certs/more.crt'] : [];
    const environment = [
      'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'HOME=/root',
      'LANG=C.UTF-8',
      ...certificates,
    ];
    const script = `${mounts} && exec chroot "$0" env -i "$@"`;
    return ['unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, root, ...environment, ...command]];
  };
  const run = async (...command: string[]) => {
    const child = startProcess(...inside(...command));
    return { status: await child.exited, output: child.output() };
  };
  /** The script of what lies in /root/heavylift there, after `change` of it. */
  const install = async (args: string[] = [], change = () => {}) => {
    rmSync(within('root/heavylift'), { recursive: true, force: true });
    cpSync(version.path, within('root/heavylift'), {
      recursive: true,
      filter: (path) => !path.endsWith('node_modules'),
    });
    change();
    return run('/root/heavylift/deploy/install.sh', ...args);
  };
  const status = async () => (await run('heavylift', 'status')).output;
  const versionsOf = (text: string) => new Set(text.match(/files\+[0-9a-f]{12}|checkout/g));
  const post = (body: object) =>
    fetch(`http://127.0.0.1:${port}/v1/reports`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${read(`${DATA}/api-key`).trim()}`,
        'Content-Type': 'application/json',
        Prefer: 'wait=30',
      },
      body: JSON.stringify({ data: { title: 'On a server', blocks: [], ...body } }),
    });

  beforeAll(async () => {
    version = copyProduct();
    port = await findFreePort();
    const made = spawnSync('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root, MIRROR]);
    expect([made.status, made.stderr.toString()]).toEqual([0, expect.any(String)]);
    for (const name of ['resolv.conf', 'hosts']) copyFileSync(`/etc/${name}`, within(`etc/${name}`));
    if (CERTIFICATES) copyFileSync(CERTIFICATES, within('etc/ssl/certs/more.crt'));
  }, LONG_MS);
  afterAll(async () => {
    await started?.stop();
    version?.remove();
    remove();
  }, 120_000);

  it(
    'installs it: code of root, data and settings of its user, a unit, and Caddy with the name',
    async () => {
      expect(await install(['--domain', 'jobs.example.com'])).toMatchObject({
        status: 0,
        output: expect.stringMatching(/systemd does not run here; start it by: .*\n[\s\S]*install: done/),
      });
      const [, uid] = /^heavylift:x:(\d+):/m.exec(read('etc/passwd')) ?? [];
      const ownerOf = (path: string) => String(statSync(within(path)).uid);
      const modeOf = (path: string) => (statSync(within(path)).mode & 0o777).toString(8);
      expect([APP, `${APP}/src/server.ts`, `${APP}/node_modules/zod`].map(ownerOf)).toEqual(['0', '0', '0']);
      expect([DATA, SETTINGS].map((path) => [ownerOf(path), modeOf(path)])).toEqual([
        [uid, '700'],
        [uid, '600'],
      ]);
      const set = read(SETTINGS).match(/^[A-Z].*/gm);
      expect(set).toEqual(['PUBLIC_URL=https://jobs.example.com', 'TRUST_PROXY=1', `DATA_DIR=${DATA}`]);
      expect(read('etc/systemd/system/heavylift.service')).toBe(
        readFileSync('deploy/systemd/heavylift.service', 'utf8'),
      );
      expect(read('etc/caddy/heavylift.caddy')).toContain('jobs.example.com {\n\treverse_proxy 127.0.0.1:3000 {');
      expect(
        await run('caddy', 'validate', '--adapter', 'caddyfile', '--config', '/etc/caddy/Caddyfile'),
      ).toMatchObject({
        status: 0,
      });
      expect(read('etc/caddy/Caddyfile').match(/^import .*/gm)).toEqual(['import /etc/caddy/heavylift.caddy']);
    },
    LONG_MS,
  );

  it(
    'starts by its user, and does a job',
    async () => {
      writeFileSync(within(SETTINGS), read(SETTINGS).replace('# PORT=3000', `PORT=${port}`));
      started = startProcess(...inside('runuser', '-u', 'heavylift', '--', `${APP}/bin/start`));
      const { output } = started;
      await until('it is up', () => output().includes('Heavylift is ready.'), { timeoutMs: 180_000 }).catch((error) => {
        throw new Error(`${error.message}\n${output()}`);
      });
      expect(await (await post({})).json()).toMatchObject({ state: 'completed' });
      expect([...versionsOf(await status())]).toEqual(['checkout']);
    },
    LONG_MS,
  );

  it(
    'run again: the next version, and nobody is refused meanwhile; its settings stay',
    async () => {
      const before = read(SETTINGS);
      const upgrade = install([], () => appendFileSync(within('root/heavylift/src/app.ts'), '// The next version\n'));
      const ended = upgrade.then(() => true);
      const answers: number[] = [];
      while (!(await Promise.race([ended, post({}).then(({ status: code }) => void answers.push(code))]))) {}
      expect(await upgrade).toMatchObject({ status: 0, output: expect.stringContaining('files+') });
      // A process that stops ends the wait: 202.
      expect(answers.filter((code) => code !== 200 && code !== 202)).toEqual([]);
      expect([...versionsOf(await status())]).toEqual([expect.stringMatching(/^files\+/)]);
      expect(read(SETTINGS)).toBe(before);
      expect(read('etc/caddy/Caddyfile').match(/^import .*/gm)).toHaveLength(1);
    },
    LONG_MS,
  );

  it(
    'a version that does not come up: the one before runs, and would be started',
    async () => {
      const before = versionsOf(await status());
      const { status: code, output } = await install([], () =>
        appendFileSync(within('root/heavylift/src/app.ts'), 'throw new Error("broken on purpose");\n'),
      );
      expect([code, output]).toEqual([
        1,
        expect.stringMatching(/broken on purpose[\s\S]*putting the version before back\n$/),
      ]);
      expect(versionsOf(await status())).toEqual(before);
      expect(read(`${APP}/src/app.ts`)).toMatch(/\/\/ The next version\n$/);
      expect((await post({})).status).toBe(200);
    },
    LONG_MS,
  );

  it(
    'away with it: first without its data, then with',
    async () => {
      expect((await run(`${APP}/deploy/install.sh`, '--uninstall')).status).toBe(0);
      expect(await started?.exited).toBe(0);
      const left = () =>
        [APP, '/etc/caddy/heavylift.caddy', '/usr/local/bin/heavylift', SETTINGS, DATA].map((path) =>
          existsSync(within(path)),
        );
      expect(left()).toEqual([false, false, false, true, true]);
      expect(read('etc/caddy/Caddyfile')).not.toContain('heavylift');
      const purge = '/root/heavylift/deploy/install.sh --uninstall --purge';
      const shared = `mount -t tmpfs shared ${DATA}/storage && touch ${DATA}/storage/file`;
      expect(await run('sh', '-c', `${shared} && ! ${purge} && ls ${DATA}/storage`)).toEqual({
        status: 0,
        output: expect.stringMatching(/--purge: unmount \/var\/lib\/heavylift\/storage first: .*\nfile\n$/),
      });
      expect(left()).toEqual([false, false, false, true, true]);
      expect((await run('sh', '-c', purge)).status).toBe(0);
      expect(left()).toEqual([false, false, false, false, false]);
      expect(read('etc/passwd')).not.toContain('heavylift');
    },
    LONG_MS,
  );
});
