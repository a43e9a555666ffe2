import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { localUrl } from '../../src/config/addresses.ts';
import { exitOnConfigError } from '../../src/config/config-error.ts';
import type { Config } from '../../src/config/platform.ts';
import { workerSetting } from '../../src/config/settings.ts';
import { type DataPaths, dataPaths, makeDataDir } from '../../src/data-dir.ts';
import type { Restored } from '../../src/deployment/notes.ts';
import { loadConfigOrExit } from '../../workers/config.ts';
import { CONTRACTS, configureContracts } from '../../workers/index.ts';
import { openAccess } from './access.ts';
import { mendAppendOnlyFile } from './append-only/mend.ts';
import { banner } from './banner.ts';
import { findProblems } from './checks.ts';
import { writeConfigFiles } from './config/config-files.ts';
import { linkLogsToStdout, supervisorEnvironment } from './config/environment.ts';
import { createCrashLoopFinder, watchCrashLoops } from './crash-loops.ts';
import { createLibraryProbe } from './libraries.ts';
import { endOrphans, findOrphans } from './orphans.ts';
import { openOwnWorkers } from './own-workers.ts';
import { askReadiness, waitUntilReady } from './readiness.ts';
import { findSupervisor, lastLines } from './supervisor.ts';

const repository = join(import.meta.dirname, '../..');
const print = (line: string) => void process.stdout.write(`${line}\n`);

function refuse(...lines: string[]): never {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** Ends what an earlier start left behind; exits where this start could not work. */
async function prepare(config: Config, paths: DataPaths): Promise<void> {
  const pid = await findSupervisor(paths.supervisorSocket);
  if (pid !== null) {
    refuse(
      `Heavylift already runs on ${paths.root} (supervisord, pid ${pid}). See what runs: bin/heavylift status`,
      'To stop it, press Ctrl-C where it was started, or run: bin/heavylift stop',
    );
  }
  exitOnConfigError(() => makeDataDir(paths));
  const orphans = findOrphans(paths);
  if (orphans.length > 0) {
    const names = orphans.map(({ name, pid }) => `${name} (${pid})`).join(', ');
    print(`ending what a killed supervisord left behind: ${names}`);
    await endOrphans(orphans, config.DRAIN_SECONDS * 1000);
  }
  const log = config.REDIS_URL ? { told: [], problem: null } : await mendAppendOnlyFile(paths);
  for (const line of log.told) print(line);
  const problems = [...(await findProblems(config, repository)), ...(log.problem === null ? [] : [log.problem])];
  if (problems.length > 0) refuse('Heavylift can not start:', ...problems.map((problem) => `  ${problem}`));
}

/** Starts supervisord in a process group of its own: Ctrl-C reaches this process only, which then stops it in order. */
function startSupervisor(config: Config, paths: DataPaths): ChildProcess {
  writeConfigFiles(repository, config, paths);
  if (config.LOG_TO === 'stdout') linkLogsToStdout(config, paths);
  const silent = config.LOG_TO === 'files' ? ['--silent'] : [];
  return spawn('supervisord', ['--nodaemon', ...silent, '--configuration', paths.supervisorConf], {
    cwd: repository,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    // biome-ignore lint/style/noProcessEnv: handed on as it is; the processes read their settings from it
    env: { ...process.env, ...supervisorEnvironment(config, paths) },
  });
}

/** Stops supervisord at the first signal, and ends this process when supervisord ended. Returns what aborts then. */
function followSupervisor(supervisor: ChildProcess, config: Config, paths: DataPaths): AbortSignal {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    print(`stopping: letting running jobs finish (up to ${config.DRAIN_SECONDS} s)`);
    supervisor.kill('SIGTERM');
  };
  // The terminal may be gone (SIGHUP): a line that can't be printed must not end this process before the others.
  process.stdout.on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

  supervisor.on('error', (error) => refuse(`supervisord can not be started (${error.message}). Run bin/setup.`));
  supervisor.on('exit', async (code, signal) => {
    if (stopping.signal.aborted || code === 0) {
      print('stopped');
      process.exit(0);
    }
    process.stderr.write(`supervisord ended by itself (${signal ?? `exit status ${code}`}); stopping what it ran.\n`);
    if (code)
      for (const line of lastLines(join(paths.logs, 'supervisord.log'), 12)) process.stderr.write(`  ${line}\n`);
    await endOrphans(findOrphans(paths), config.DRAIN_SECONDS * 1000);
    process.exit(1);
  });
  return stopping.signal;
}

/** What is printed where the deployment's id had been lost. */
const RESTORED = {
  redis: ({ at, files = 0 }: Restored) =>
    `Redis was empty (${at}) beside ${files} uploads and results in storage: is it the right one? Their jobs are gone.`,
  storage: ({ at }: Restored) =>
    `storage had lost the id of this deployment (${at}) while Redis holds jobs: is it the right one?`,
};

/** What is printed where a secret or the first key was made anew. */
const REMADE = {
  key: (at: string) => `The file api-key was gone and was made anew (${at}): whoever has the key before it gets 401.`,
  secret: (at: string) =>
    `The deployment's secret was lost and replaced (${at}): everybody has to sign in again, links in mails lead nowhere.`,
};

export interface LaunchOptions {
  /** The folder that printed paths are relative to. */
  seenFrom?: string | undefined;
  /** Called once, when everything is up; the signal aborts when everything is to stop. */
  onReady?: (running: { paths: DataPaths; print: (line: string) => void; signal: AbortSignal }) => void;
}

/**
 * Runs everything on this machine: checks what would fail, starts supervisord, waits until the web process is ready, a
 * worker of each kind lives and its libraries have loaded once, and prints how to get in. It stays in the foreground and ends the process: SIGINT, SIGTERM or SIGHUP stop everything,
 * drained, with exit status 0; a start that can not work prints why and exits 1.
 */
export async function launch({ seenFrom = repository, onReady }: LaunchOptions): Promise<never> {
  const config = loadConfigOrExit();
  // Once here, rather than by every process it starts.
  exitOnConfigError(() => configureContracts(config));
  const paths = dataPaths(config.DATA_DIR);
  await prepare(config, paths);
  const access = await openAccess(config, paths);
  const supervisor = startSupervisor(config, paths);
  const signal = followSupervisor(supervisor, config, paths);

  const findCrashLoops = createCrashLoopFinder(paths.supervisorSocket);
  const kinds = CONTRACTS.map(({ kind }) => kind).filter((kind) => workerSetting(config, kind, 'WORKERS') > 0);
  const workers = openOwnWorkers(config, kinds);
  const probes = [
    () => askReadiness(localUrl(config)),
    workers.probe,
    createLibraryProbe(kinds, { repository, print, signal }),
  ];
  await waitUntilReady({ probes, findCrashLoops, print, signal });
  if (!signal.aborted) {
    const { restored, remade } = await workers.readNotes().catch(() => ({ restored: [], remade: [] }));
    for (const note of restored) print(RESTORED[note.side](note));
    for (const { what, at } of remade) print(REMADE[what](at));
    print(banner(config, paths, access, seenFrom));
    onReady?.({ paths, print, signal });
  }
  workers.close();
  await watchCrashLoops(findCrashLoops, print, signal);
  // The process ends with supervisord, in followSupervisor.
  return new Promise(() => {});
}
