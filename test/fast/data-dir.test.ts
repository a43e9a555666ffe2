import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dataPaths, makeDataDir } from '../../src/data-dir.ts';
import { makeTempDir } from '../support/temp-dir.ts';

let temp: ReturnType<typeof makeTempDir>;
beforeEach(() => {
  temp = makeTempDir();
});
afterEach(() => temp.remove());

/** A path below the test's folder that is that many bytes long. */
const pathOfBytes = (bytes: number) => join(temp.path, 'd'.repeat(bytes - Buffer.byteLength(temp.path) - 1));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('dataPaths', () => {
  it('everything lies inside the data directory, each thing in a place of its own', () => {
    const { root, ...rest } = dataPaths('/srv/heavylift');
    expect(root).toBe('/srv/heavylift');
    expect(Object.values(rest).filter((path) => !path.startsWith('/srv/heavylift/'))).toEqual([]);
    expect(new Set(Object.values(rest)).size).toBe(Object.keys(rest).length);
    expect([dirname(rest.redisSocket), dirname(rest.supervisorSocket)]).toEqual([rest.run, rest.run]);
  });

  // Counted with the longer of the two socket names: /run/supervisor.sock.
  it('a path of 75 bytes: the sockets still fit beside the data; of 76: they lie in the temporary directory', () => {
    const fits = pathOfBytes(75);
    const tooLong = pathOfBytes(76);
    expect(dataPaths(fits).run).toBe(join(fits, 'run'));
    const { run, storage } = dataPaths(tooLong);
    expect(dirname(run)).toBe(tmpdir());
    expect(storage).toBe(join(tooLong, 'storage'));
  });

  it('bytes are counted, not letters', () => {
    const root = `/srv/${'å'.repeat(40)}`;
    expect(dirname(dataPaths(root).run)).toBe(tmpdir());
  });

  it('two deep data directories: each has its sockets for itself, the same ones each time', () => {
    const [one, other] = [`/srv/${'a'.repeat(100)}`, `/srv/${'b'.repeat(100)}`];
    expect(dataPaths(one).run).not.toBe(dataPaths(other).run);
    expect(dataPaths(one)).toEqual(dataPaths(one));
  });

  it.each([20, 75, 76, 200])('a data directory of %i bytes: a socket can be bound at its path', async (bytes) => {
    const paths = dataPaths(pathOfBytes(bytes));
    makeDataDir(paths);
    // supervisord appends a dot and its pid while it binds.
    for (const path of [paths.redisSocket, `${paths.supervisorSocket}.4194304`]) {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
      expect(statSync(path).isSocket()).toBe(true);
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(paths.run, { recursive: true });
  });
});

describe('makeDataDir', () => {
  it('a directory that is not there: made with all its folders, for their owner alone', () => {
    const paths = dataPaths(join(temp.path, 'deep', 'data'));
    makeDataDir(paths);
    for (const folder of [paths.root, paths.storage, paths.redis, paths.logs, paths.run]) {
      expect([folder, modeOf(folder)]).toEqual([folder, '700']);
    }
  });

  it('made before: what lies in it stays', () => {
    const paths = dataPaths(join(temp.path, 'data'));
    makeDataDir(paths);
    writeFileSync(join(paths.storage, 'file'), 'kept');
    makeDataDir(paths);
    expect(statSync(join(paths.storage, 'file')).size).toBe(4);
  });

  it('a folder for sockets that others may enter: closed to them', () => {
    const paths = dataPaths(join(temp.path, 'data'));
    mkdirSync(paths.run, { recursive: true, mode: 0o777 });
    makeDataDir(paths);
    expect(modeOf(paths.run)).toBe('700');
  });

  it('logs and files of Redis that others may read: closed to them; where a link leads stays as it is', () => {
    const paths = dataPaths(join(temp.path, 'data'));
    makeDataDir(paths);
    const append = join(paths.redis, 'appendonlydir');
    mkdirSync(append);
    chmodSync(append, 0o755);
    const elsewhere = join(temp.path, 'elsewhere');
    const files = [join(paths.logs, 'web-0.log'), join(append, 'appendonly.aof.1.incr.aof'), elsewhere];
    for (const file of files) {
      writeFileSync(file, '');
      chmodSync(file, 0o644);
    }
    symlinkSync(elsewhere, join(paths.logs, 'link.log'));
    makeDataDir(paths);
    expect([append, ...files].map(modeOf)).toEqual(['700', '600', '600', '644']);
    writeFileSync(join(paths.logs, 'new.log'), '');
    expect(modeOf(join(paths.logs, 'new.log'))).toBe('600');
  });

  it("a link in the sockets' place, as somebody could lay in a shared temporary directory: refused", () => {
    const paths = dataPaths(join(temp.path, 'data'));
    mkdirSync(paths.root);
    mkdirSync(join(temp.path, 'elsewhere'));
    symlinkSync(join(temp.path, 'elsewhere'), paths.run);
    expect(() => makeDataDir(paths)).toThrow(`${paths.run} belongs to another user`);
  });

  it('a file in the place of a folder: refused', () => {
    const paths = dataPaths(join(temp.path, 'data'));
    mkdirSync(paths.root);
    writeFileSync(paths.storage, '');
    expect(() => makeDataDir(paths)).toThrow('is no folder');
  });

  // Root may do everything: there, somebody else tries.
  const other = process.getuid?.() === 0 ? 65_534 : undefined;

  /** What makeDataDir throws for that user, in a process of its own. */
  function faultFor(root: string, uid: number | undefined): string {
    const source = new URL('../../src/data-dir.ts', import.meta.url).href;
    const code = `
      const { dataPaths, makeDataDir } = await import(${JSON.stringify(source)});
      try { makeDataDir(dataPaths(${JSON.stringify(root)})); } catch (error) { console.log(error.message); }`;
    const args = ['--input-type=module', '--no-warnings', '-e', code];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: '/',
      ...(uid === undefined ? {} : { uid }),
    });
    return `${stdout}${stderr}`;
  }

  it.each(['redis', 'secret', 'api-key'])(
    '%s belongs to another user: one line that says so, and what to do',
    (name) => {
      const { root, redis, secretFile, apiKeyFile } = dataPaths(join(temp.path, 'data'));
      for (const folder of [root, redis]) mkdirSync(folder);
      for (const file of [secretFile, apiKeyFile]) writeFileSync(file, 'x');
      chmodSync(temp.path, 0o755);
      for (const path of [root, redis, secretFile, apiKeyFile]) if (other !== undefined) chownSync(path, other, other);
      const foreign = join(root, name);
      if (other !== undefined) chownSync(foreign, 0, 0);
      chmodSync(foreign, other === undefined ? 0 : 0o600);
      const [, line, ...more] = faultFor(root, other).split('\n');
      expect(line).toBe(
        `  DATA_DIR: ${foreign} belongs to another user, or may not be written. Give it to the one who runs ` +
          `Heavylift (chown -R ${other ?? process.getuid?.()} ${root}), or set another DATA_DIR.`,
      );
      expect(more).toEqual(['']);
      chmodSync(foreign, 0o700);
    },
  );
});
