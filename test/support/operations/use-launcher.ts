import { readFileSync } from 'node:fs';
import { afterEach, beforeEach } from '@jest/globals';
import { type DataPaths, dataPaths } from '../../../src/data-dir.ts';
import { startProcess, type TestProcess } from '../processes.ts';
import { findFreePort } from '../product.ts';
import { makeTempDir } from '../temp-dir.ts';
import { until } from '../until.ts';

/** What a test of bin/start has: a data directory and ports of its own. */
export interface LauncherSite {
  /** The settings bin/start is given; a test may change them before it starts one. */
  env: Record<string, string>;
  paths: DataPaths;
  /** Runs bin/start, behind these words of a command; what still runs after the test is ended. */
  start(prefix?: readonly string[]): TestProcess;
  /** Waits until that bin/start says so; throws with all that it printed where it does not within two minutes. */
  untilReady(launcher: TestProcess): Promise<unknown>;
  /** Asks with the key that the product made itself; returns the status of the answer. */
  statusOf(path: string): Promise<number>;
}

/** Makes such a site before each test of this block, which `onOpen` is called with, and removes it after the test. */
export function useLauncher(onOpen: (site: LauncherSite) => void): void {
  let dir: ReturnType<typeof makeTempDir>;
  const started: TestProcess[] = [];

  beforeEach(async () => {
    dir = makeTempDir();
    const web = await findFreePort();
    const root = `${dir.path}/data dir`;
    const env = {
      DATA_DIR: root,
      PORT: String(web),
      IMAGES_WORKERS: '1',
      WEB_WORKERS: '1',
    };
    const paths = dataPaths(root);
    onOpen({
      env,
      paths,
      start(prefix = []) {
        const [command = '', ...args] = [...prefix, 'bin/start'];
        const launcher = startProcess(command, args, env);
        started.push(launcher);
        return launcher;
      },
      untilReady: (launcher) =>
        until('bin/start says ready', () => launcher.output().includes('Heavylift is ready.'), {
          timeoutMs: 120_000,
        }).catch((error) => {
          throw new Error(`${error.message}\n${launcher.output()}`);
        }),
      async statusOf(path) {
        const authorization = `Bearer ${readFileSync(paths.apiKeyFile, 'utf8').trim()}`;
        return (await fetch(`http://127.0.0.1:${web}${path}`, { headers: { authorization } })).status;
      },
    });
  });
  afterEach(async () => {
    for (const launcher of started.splice(0)) await launcher.stop();
    dir.remove();
  }, 60_000);
}
