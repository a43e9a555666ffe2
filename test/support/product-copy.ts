import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOrphans, type Orphan } from '../../bin/watch/orphans.js';
import { type DataPaths, dataPaths } from '../../src/data-dir.ts';
import { startProcess } from './processes.ts';
import { findFreePort } from './product.ts';
import { makeTempDir } from './temp-dir.ts';
import { until } from './until.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

/** A copy of the repository, as it lies here, that a test may change. */
export interface ProductCopy {
  path: string;
  /** Runs a program in it to its end and returns what it printed; throws, with that, where it fails. */
  run(command: string, ...args: string[]): Promise<string>;
  /** Commits all that lies in it, with a repository of its own from the first time on; returns the commit. */
  commit(): Promise<string>;
  /** Starts everything in it by `bin/start`, with ports and a data directory of its own, and waits until it is ready. */
  start(env?: Record<string, string>): Promise<StartedCopy>;
  remove(): void;
}

/** The product that runs in a copy. */
export interface StartedCopy {
  /** What the launcher printed so far. */
  output(): string;
  /** Its settings, as the command line needs them. */
  env: Record<string, string>;
  paths: DataPaths;
  /** Runs the command line of the copy with its settings; returns the exit status and what it printed. */
  heavylift(...args: string[]): Promise<{ status: number | NodeJS.Signals; output: string }>;
  /** A request with the first key, which the product made itself. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Stops it as Ctrl-C does; returns the exit status, and what still runs then. */
  stop(): Promise<{ status: number | NodeJS.Signals; left: Orphan[] }>;
}

/** Copies what git tracks or would add; the libraries are linked. */
export function copyProduct(): ProductCopy {
  const { path, remove } = makeTempDir();
  const folder = join(path, 'product');
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(REPOSITORY, file)));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(REPOSITORY, file), join(folder, file));
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  const run: ProductCopy['run'] = async (command, ...args) => {
    const child = startProcess(command, args, {}, folder);
    const status = await child.exited;
    if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${status}\n${child.output()}`);
    return child.output();
  };
  return {
    path: folder,
    run,
    async commit() {
      if (!existsSync(join(folder, '.git'))) await run('git', 'init', '--quiet');
      await run('git', 'add', '--all');
      const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
      await run('git', ...author, 'commit', '--quiet', '--message', 'A version');
      return (await run('git', 'rev-parse', 'HEAD')).trim();
    },
    start: (env = {}) => startCopy(folder, { DATA_DIR: join(path, 'data'), ...env }),
    remove,
  };
}

async function startCopy(folder: string, settings: { DATA_DIR: string }): Promise<StartedCopy> {
  const web = String(await findFreePort());
  const env: Record<string, string> = {
    PORT: web,
    IMAGES_WORKERS: '1',
    WEB_WORKERS: '1',
    LOG_TO: 'files',
    ...settings,
  };
  const paths = dataPaths(settings.DATA_DIR);
  const launcher = startProcess('bin/start', [], env, folder);
  const stop = async () => ({ status: await launcher.stop('SIGINT'), left: findOrphans(paths) });
  await until('everything is up', () => launcher.output().includes('Heavylift is ready.'), { timeoutMs: 60_000 }).catch(
    async (error) => {
      await stop();
      throw new Error(`${error.message}\n${launcher.output()}`);
    },
  );
  const authorization = `Bearer ${readKey(paths)}`;
  return {
    output: launcher.output,
    env,
    paths,
    async heavylift(...args) {
      const child = startProcess('bin/heavylift', args, env, folder);
      return { status: await child.exited, output: child.output() };
    },
    request: (path, { headers, ...init } = {}) =>
      fetch(`http://127.0.0.1:${web}${path}`, {
        ...init,
        headers: { authorization, ...(headers as Record<string, string>) },
      }),
    stop,
  };
}

const readKey = ({ apiKeyFile }: DataPaths): string => readFileSync(apiKeyFile, 'utf8').trim();

/** Posts JSON, waits until that job is completed and returns it; throws with the job, or the refusal, where it does not. */
export async function completeJob(
  { request }: StartedCopy,
  kind: string,
  init: RequestInit,
): Promise<{ id: string; result: Record<string, unknown> }> {
  const accepted = await request(`/v1/${kind}`, { method: 'POST', ...init });
  const { id, ...said } = (await accepted.json()) as { id?: string };
  if (accepted.status !== 202 || !id) throw new Error(`${kind}: ${accepted.status} ${JSON.stringify(said)}`);
  const ask = async () => {
    const job = (await (await request(`/v1/jobs/${id}`)).json()) as { state: string; result: Record<string, unknown> };
    if (job.state !== 'completed') throw new Error(JSON.stringify(job));
    return { id, result: job.result };
  };
  return until(`${kind}: completed`, ask, { timeoutMs: 30_000 });
}

/** A request that posts a value as JSON. */
export const asJson = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
