/**
 * Runs everything on this machine: checks what would fail, starts supervisord, waits until the web process is ready and
 * says how to get in. It stays in the foreground; SIGINT, SIGTERM or SIGHUP stop all processes, drained.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localUrl } from '../src/config/addresses.ts';
import { exitOnConfigError } from '../src/config/config-error.ts';
import type { Config } from '../src/config/platform.ts';
import { type DataPaths, dataPaths, makeDataDir } from '../src/data-dir.ts';
import { loadConfigOrExit } from '../workers/config.ts';
import { configureContracts } from '../workers/index.ts';
import { openAccess } from './launch/access.ts';
import { findFaults } from './launch/checks.ts';
import { linkLogsToStdout, supervisorEnvironment } from './launch/environment.ts';
import { greeting } from './launch/greeting.ts';
import { endLeftovers, findLeftovers } from './launch/leftovers.ts';
import { findMailCatcher } from './launch/mail-catcher.ts';
import { redisConf } from './launch/redis-conf.ts';
import { findSupervisor, lastLines } from './launch/supervisor.ts';
import { askMailCatcher, askReadiness, createTroubleFinder, keepWatch, waitUntilReady } from './launch/watch.ts';

const repository = join(import.meta.dirname, '..');
const config = loadConfigOrExit();
// Once here, rather than by every process it starts.
exitOnConfigError(() => configureContracts(config));
const paths = dataPaths(config.DATA_DIR);
const tell = (line: string) => process.stdout.write(`${line}\n`);

function refuse(...lines: string[]): never {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** Ends what an earlier start left behind, and refuses to go on where this one could not work. */
async function prepare(): Promise<void> {
  const pid = await findSupervisor(paths.supervisorSocket);
  if (pid !== null) {
    refuse(
      `Heavylift already runs on ${paths.root} (supervisord, pid ${pid}). Ask it with: bin/ctl status`,
      'To stop it, press Ctrl-C where it was started, or run: bin/ctl shutdown',
    );
  }
  makeDataDir(paths);
  const leftovers = findLeftovers(paths);
  if (leftovers.length > 0) {
    tell(
      `ending what a killed supervisord left behind: ${leftovers.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`,
    );
    await endLeftovers(leftovers, config.DRAIN_SECONDS * 1000);
  }
  const faults = await findFaults(config, repository);
  if (faults.length > 0) refuse('Heavylift can not start:', ...faults.map((fault) => `  ${fault}`));
}

/** Starts supervisord in a process group of its own: Ctrl-C reaches this process only, which then stops it in order. */
function startSupervisor(config: Config, paths: DataPaths): ChildProcess {
  writeFileSync(join(paths.redis, 'redis.conf'), redisConf(repository, paths), { mode: 0o600 });
  if (config.LOG_TO === 'stdout') linkLogsToStdout(config, paths);
  const silent = config.LOG_TO === 'files' ? ['--silent'] : [];
  return spawn('supervisord', ['--nodaemon', ...silent, '--configuration', join(repository, 'supervisord.conf')], {
    cwd: repository,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    // biome-ignore lint/style/noProcessEnv: handed on as it is; the processes read their settings from it
    env: { ...process.env, ...supervisorEnvironment(config, paths) },
  });
}

await prepare();
const access = openAccess(config, paths);
const supervisor = startSupervisor(config, paths);
const stopping = new AbortController();

function stop(): void {
  if (stopping.signal.aborted) return;
  stopping.abort();
  tell(`stopping: letting running jobs finish (up to ${config.DRAIN_SECONDS} s)`);
  supervisor.kill('SIGTERM');
}
// The terminal may be gone (SIGHUP): what can't be told any more must not end this process before the others.
process.stdout.on('error', () => {});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

supervisor.on('error', (error) => refuse(`supervisord can not be started (${error.message}). Run bin/setup.`));
supervisor.on('exit', async (code, signal) => {
  if (stopping.signal.aborted || code === 0) {
    tell('stopped');
    process.exit(0);
  }
  process.stderr.write(`supervisord ended by itself (${signal ?? `exit status ${code}`}); stopping what it ran.\n`);
  if (code) for (const line of lastLines(join(paths.logs, 'supervisord.log'), 12)) process.stderr.write(`  ${line}\n`);
  await endLeftovers(findLeftovers(paths), config.DRAIN_SECONDS * 1000);
  process.exit(1);
});

const findTrouble = createTroubleFinder(paths.supervisorSocket);
const questions = [() => askReadiness(localUrl(config))];
const catcher = findMailCatcher(config);
if (catcher) questions.push(() => askMailCatcher(catcher.smtpPort));
await waitUntilReady(questions, findTrouble, tell, stopping.signal);
if (!stopping.signal.aborted) tell(greeting(config, paths, access, process.argv[2] ?? repository));
await keepWatch(findTrouble, tell, stopping.signal);
