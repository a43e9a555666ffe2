import { spawn } from 'node:child_process';
import { accessSync, constants, writeFileSync, writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { delimiter, join } from 'node:path';
import { localUrl } from '../../src/config/addresses.ts';
import { exitOnConfigError } from '../../src/config/config-error.ts';
import type { Config } from '../../src/config/platform.ts';
import { workerSetting } from '../../src/config/settings.ts';
import { type DataPaths, dataPaths, makeDataDir } from '../../src/data-dir.ts';
import { loadConfigOrExit } from '../../workers/config.ts';
import { CONTRACTS, configureContracts } from '../../workers/index.ts';
import { warnAtStart } from '../doctor/at-start.ts';
import { endOrphans, findOrphans } from '../watch/orphans.js';
import { openAccess } from './access.ts';
import type { Announcement } from './announce.ts';
import { mendAppendOnlyFile } from './append-only/mend.ts';
import { banner } from './banner.ts';
import { findProblems } from './checks.ts';
import { writeConfigFiles } from './config/config-files.ts';
import { linkLogsToStdout, supervisorEnvironment } from './config/environment.ts';
import { processEnvironment } from './config/process-environment.ts';
import { findSupervisor } from './supervisor.ts';

const repository = join(import.meta.dirname, '../..');

/** At once: what is written later would be lost when this process becomes another. */
function print(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // Nobody reads.
  }
}

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

type Environment = Record<string, string | undefined>;

/** Finds a program as a shell would; null where PATH has none of that name. */
function findProgram(name: string, path = ''): string | null {
  const isProgram = (file: string) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const files = path.split(delimiter).map((folder) => join(folder || '.', name));
  return files.find(isProgram) ?? null;
}

/** Starts what says when everything is up; it ends by itself. It is this process's child, and so supervisord's. */
function announce(announcement: Announcement, file: string, env: Environment): void {
  writeFileSync(file, JSON.stringify(announcement), { mode: 0o600 });
  const stdio = ['ignore', 'inherit', 'inherit'] as const;
  spawn(process.execPath, ['bin/launch/announce.ts', file], { cwd: repository, env, stdio: [...stdio] });
}

/** Goes on as supervisord: same process, same standard output. What it says there itself: supervisord/heavylift_voice.py. */
function become(program: string, args: readonly string[], environment: Environment): never {
  // Node writes it down at its end, which does not come.
  flushCompileCache();
  process.chdir(repository);
  process.execve?.(program, args, environment);
  throw new Error('this node can not become another program; 24 can');
}

export interface LaunchOptions {
  /** The folder that printed paths are relative to. */
  seenFrom?: string | undefined;
  /** Whether the processes restart when a source file changes. */
  restartsOnChange?: boolean;
}

/**
 * Runs everything on this machine: checks what would fail, starts what says when everything is up, and becomes supervisord, which
 * stays in the foreground: SIGINT, SIGTERM or SIGHUP stop everything, drained, with exit status 0. A start that can not work
 * prints why and exits 1.
 */
export async function launch({ seenFrom = repository, restartsOnChange = false }: LaunchOptions): Promise<never> {
  const config = loadConfigOrExit();
  // Once here, rather than by every process it starts.
  exitOnConfigError(() => configureContracts(config));
  const paths = dataPaths(config.DATA_DIR);
  // biome-ignore lint/style/noProcessEnv: handed on as it is; the processes read their settings from it
  const given = process.env;
  const supervisord =
    findProgram('supervisord', given['PATH']) ?? refuse('supervisord is not installed. Run bin/setup.');
  await prepare(config, paths);
  if (!restartsOnChange) for (const line of await warnAtStart(config)) print(line);
  const access = await openAccess(config, paths);
  writeConfigFiles(repository, config, paths);
  if (config.LOG_TO === 'stdout') linkLogsToStdout(config, paths);
  const environment = { ...given, ...processEnvironment(config, paths, repository, given) };
  const announcement: Announcement = {
    banner: banner(config, paths, access, seenFrom),
    address: localUrl(config),
    kinds: CONTRACTS.map(({ kind }) => kind).filter((kind) => workerSetting(config, kind, 'WORKERS') > 0),
    since: new Date().toISOString(),
    redis: { REDIS_URL: config.REDIS_URL, KEY_PREFIX: config.KEY_PREFIX, DATA_DIR: config.DATA_DIR },
    restartsOnChange,
  };
  announce(announcement, paths.announcement, environment);
  const silent = config.LOG_TO === 'files' ? ['--silent'] : [];
  const args = ['supervisord', '--nodaemon', ...silent, '--configuration', paths.supervisorConf];
  return become(supervisord, args, { ...environment, ...supervisorEnvironment(config, paths) });
}
