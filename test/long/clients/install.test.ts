import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FOLDER } from '../../support/clients/examples.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

// The packages of Python and PHP as their READMEs have them installed, by the tools of their languages.

const { path: dir, remove } = makeTempDir();
afterAll(remove);

const run = (command: string, args: string[], cwd = dir): string =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 240_000,
    stdio: ['ignore', 'pipe', 'pipe'],
    // biome-ignore lint/style/noProcessEnv: proxies and mirrors of registries are set there
    env: { ...process.env, COMPOSER_HOME: join(dir, 'composer'), COMPOSER_ALLOW_SUPERUSER: '1' },
  });
const succeeds = (command: string, args: string[]): boolean => {
  try {
    run(command, args);
    return true;
  } catch {
    return false;
  }
};

// pip fetches the builder of the package from the registry.
const hasPip = succeeds('python3', ['-m', 'venv', 'venv']) && succeeds('venv/bin/pip', ['install', 'flit_core']);
(hasPip ? describe : describe.skip)(
  hasPip ? 'pip' : 'pip (skipped: no venv, or the registry can not be reached)',
  () => {
    it('installs clients/python with its types', () => {
      const copy = join(dir, 'python');
      cpSync(join(FOLDER, 'python'), copy, { recursive: true });
      run('venv/bin/pip', ['install', '--no-build-isolation', copy]);
      const program =
        'import heavylift, pathlib; print(heavylift.__version__, *sorted(p.name for p in pathlib.Path(heavylift.__file__).parent.glob("*.typed")))';
      expect(run(join(dir, 'venv/bin/python'), ['-c', program])).toBe('0.1.0 py.typed\n');
    }, 300_000);
  },
);

const hasComposer = succeeds('composer', ['--version']);
(hasComposer ? describe : describe.skip)(
  hasComposer ? 'Composer' : 'Composer (skipped: apt-get install --no-install-recommends composer)',
  () => {
    it('takes clients/php from a path, and finds its classes', () => {
      const app = join(dir, 'app');
      mkdirSync(app);
      const path = { type: 'path', url: join(FOLDER, 'php'), options: { symlink: false } };
      writeFileSync(join(app, 'composer.json'), JSON.stringify({ repositories: [{ 'packagist.org': false }, path] }));
      expect(run('composer', ['validate', '--strict', join(FOLDER, 'php/composer.json')])).toContain('is valid');
      run('composer', ['require', '--no-interaction', 'heavylift/client:@dev'], app);
      const program = "require 'vendor/autoload.php'; echo (new Heavylift\\Heavylift('http://localhost', 'k'))::class;";
      expect(run('php', ['-r', program], app)).toBe('Heavylift\\Heavylift');
    }, 300_000);
  },
);
