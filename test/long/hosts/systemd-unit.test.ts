import { spawnSync } from 'node:child_process';
import { chownSync, lchownSync, mkdirSync, readdirSync, readFileSync, realpathSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort } from '../../support/product.ts';
import { copyProduct, type ProductCopy } from '../../support/product-copy.ts';
import { until } from '../../support/until.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const NOBODY = 65_534;

/** Why the unit can not be tried here; null when it can. */
function findFault(): string | null {
  if (process.getuid?.() !== 0) return 'only root may';
  const needed = 'import ctypes; ctypes.CDLL("libseccomp.so.2")';
  if (spawnSync('python3', ['-c', needed]).status !== 0) return 'no libseccomp';
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return 'no systemd-analyze';
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? null : 'no mount namespaces';
}

const fault = findFault();
(fault ? describe.skip : describe)(`deploy/systemd/heavylift.service${fault ? ` (skipped: ${fault})` : ''}`, () => {
  let copy: ProductCopy | undefined;
  let started: TestProcess | undefined;
  afterAll(async () => {
    await started?.stop();
    copy?.remove();
  });

  it('its user, folders, capabilities and system calls are enough: everything runs, works, and stops', async () => {
    copy = copyProduct();
    unlinkSync(join(copy.path, 'node_modules'));
    mkdirSync(join(copy.path, 'node_modules'));
    const site = dirname(copy.path);
    mkdirSync(join(site, 'data'));
    for (const entry of readdirSync(site, { recursive: true, withFileTypes: true })) {
      lchownSync(join(entry.parentPath, entry.name), NOBODY, NOBODY);
    }
    chownSync(site, NOBODY, NOBODY);
    const web = await findFreePort();
    const runner = join(REPOSITORY, 'test/support/operations/under-unit.py');
    const unit = join(REPOSITORY, 'deploy/systemd/heavylift.service');
    const nodeModules = realpathSync(join(REPOSITORY, 'node_modules'));
    started = startProcess(
      'unshare',
      ['--mount', '--propagation', 'private', 'python3', '-B', runner, unit, copy.path, nodeModules],
      {
        PORT: String(web),
        DATA_DIR: '/var/lib/heavylift',
        IMAGES_WORKERS: '1',
        NODE_COMPILE_CACHE: '',
        TMPDIR: '/tmp',
      },
    );
    const launcher = started;
    await until('everything is up', () => launcher.output().includes('Heavylift is ready.'), {
      timeoutMs: 120_000,
    }).catch((error) => {
      throw new Error(`${error.message}\n${launcher.output()}`);
    });
    const key = readFileSync(join(site, 'data/api-key'), 'utf8').trim();
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${web}${path}`, {
        ...init,
        headers: {
          Authorization: `Bearer ${key}`,
          'Content-Type': 'application/json',
          Prefer: 'wait=30',
          ...(init.headers as object),
        },
      });
    for (const [kind, body] of Object.entries({
      reports: { data: { title: 'Under systemd', blocks: [] } },
      emails: { to: 'kari@example.no', subject: 'Under systemd', text: 'x' },
    })) {
      const job = (await (await ask(`/v1/${kind}`, { method: 'POST', body: JSON.stringify(body) })).json()) as object;
      expect([kind, job]).toEqual([kind, expect.objectContaining({ state: 'completed' })]);
    }
    const photo = sharp({ create: { width: 600, height: 400, channels: 3, background: '#27507c' } }).jpeg();
    const headers = { 'Content-Type': 'image/jpeg' };
    const drawn = await ask('/v1/images?width=80&format=avif', {
      method: 'POST',
      body: new Uint8Array(await photo.toBuffer()),
      headers,
    });
    expect(await drawn.json()).toMatchObject({ state: 'completed' });
    const status = readFileSync(`/proc/${launcher.pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\s+65534/m);
    expect(status).toMatch(/^CapBnd:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(await launcher.stop()).toBe(0);
    expect(launcher.output()).toMatch(/stopped\n$/);
  }, 240_000);
});
