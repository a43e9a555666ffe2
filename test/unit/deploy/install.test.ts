import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT, readDocument } from '../../fast/docs/documents.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const SCRIPT = join(ROOT, 'deploy/install.sh');
const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });
const isInstalled = (command: string) => run(command, '--help').error === undefined;

describe('deploy/install.sh', () => {
  it.each([
    ['--domain a..b', '--domain: must be a host name, such as jobs.example.com'],
    ['--domain -x', '--domain: must be a host name, such as jobs.example.com'],
    ['--domain jobs|x', '--domain: must be a host name, such as jobs.example.com'],
    ['--from', '--from: must be followed by its value'],
    ['--workers images|reports', '--workers: must be kinds, such as "images reports-emails"'],
    ['--workers images --domain x.y', '--workers: must not stand beside --domain; web processes are of another host'],
    ['--purge', '--purge: must stand beside --uninstall'],
    ['--uninstall --domain x.y', '--uninstall: must stand alone, or beside --purge'],
    ['--colour', '--colour: no such option'],
  ])('%s: refused before anything is done', (line, refusal) => {
    const { status, stderr } = run('/bin/sh', SCRIPT, ...line.split(' '));
    expect([status, stderr.trim().split('\n').at(-1)]).toEqual([1, `install: ${refusal}`]);
  });

  it('--help: what it takes', () => {
    expect(run('/bin/sh', SCRIPT, '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--uninstall'),
    });
  });

  /** Functions of the script, with all that they need of it. */
  const functionsOf = (...names: string[]) =>
    names
      .map((name) => new RegExp(`^${name}\\(\\) \\{[^]*?^\\}`, 'm').exec(readDocument('deploy/install.sh'))?.[0])
      .join('\n');

  it('--purge: refused while something is mounted below the data', () => {
    const check = (data: string) =>
      run('/bin/sh', '-euc', `${functionsOf('fail', 'check_mounts')}\ndata=${data}\ncheck_mounts`);
    expect(check('/dev')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^install: --purge: unmount \/dev\/\S+ first: /),
    });
    expect(check('/de')).toMatchObject({ status: 0, stderr: '' });
  });

  (isInstalled('caddy') ? it : it.skip)(
    'a Caddyfile that can not be served with a name is as it was, its block too',
    () => {
      const { path, remove } = makeTempDir();
      const files = {
        Caddyfile: `not_a_directive\nimport ${path}/site\n`,
        site: 'a.example.com\n',
        settings: 'PORT=4000\n',
      };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
      const variables = { domain: 'b.example.com', app: ROOT, settings: `${path}/settings`, site: `${path}/site` };
      const script = `${functionsOf('fail', 'serve_domain')}\nhas() { :; }\nserve_domain`;
      const env = {
        PATH: '/usr/bin:/bin',
        HOME: path,
        caddyfile: `${path}/Caddyfile`,
        import_line: `import ${path}/site`,
      };
      const { status, stderr } = spawnSync('/bin/sh', ['-euc', script], {
        encoding: 'utf8',
        env: { ...env, ...variables },
      });
      const left = Object.keys(files).map((name) => [name, readFileSync(join(path, name), 'utf8')]);
      remove();
      expect([status, stderr]).toEqual([1, expect.stringContaining('can not be served with b.example.com in it')]);
      expect(Object.fromEntries(left)).toEqual(files);
    },
  );

  (isInstalled('shellcheck') ? it : it.skip)('shellcheck has nothing to say', () => {
    expect(run('shellcheck', SCRIPT).stdout).toBe('');
  });
});

describe('deploy/Caddyfile', () => {
  const block = readDocument('deploy/Caddyfile');

  it('is the block of docs/proxy.md, which is tried with Caddy', () => {
    expect(readDocument('docs/proxy.md')).toContain(`\`\`\`caddy\n${block}\`\`\``);
  });

  (isInstalled('caddy') ? it : it.skip)('Caddy takes it', () => {
    const { path, remove } = makeTempDir();
    mkdirSync(join(path, 'home'));
    writeFileSync(join(path, 'Caddyfile'), block);
    const args = ['validate', '--adapter', 'caddyfile', '--config', join(path, 'Caddyfile')];
    const { status, stderr } = spawnSync('caddy', args, { encoding: 'utf8', env: { HOME: join(path, 'home') } });
    remove();
    expect([status, stderr]).toEqual([0, expect.any(String)]);
  });
});

describe('docs/deploy.md', () => {
  it('cloud-init: YAML, five lines that install git and call the script', () => {
    const [, text = ''] = /```yaml\n(#cloud-config\n[\s\S]*?)```/.exec(readDocument('docs/deploy.md')) ?? [];
    const { packages, runcmd } = parse(text) as { packages: string[]; runcmd: string[] };
    expect(packages).toEqual(['git']);
    const [clone = '', install = ''] = runcmd;
    expect(install.startsWith(`${clone.split(' ').at(-1)}/deploy/install.sh --domain `)).toBe(true);
    expect(text.trim().split('\n')).toHaveLength(5);
  });
});
