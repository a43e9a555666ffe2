import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Config } from '../../../src/config/platform.ts';
import { workerSetting } from '../../../src/config/settings.ts';
import type { DataPaths } from '../../../src/data-dir.ts';
import { formatVersion } from '../../../src/kinds/formats.ts';
import { CONTRACTS } from '../../../workers/index.ts';
import { planPrograms } from '../../../workers/programs.ts';
import { writeWatchPlan } from '../config/config-files.ts';
import { supervisorConf } from '../config/supervisor-conf.ts';
import { restartInTurn } from '../restart-in-turn.ts';
import { isApp, listProcesses, type SupervisedProcess } from '../supervisor.ts';
import { currentFolder, pruneReleases, turnCurrent } from './releases.ts';
import { tryRelease } from './try-release.ts';

/** What is deployed, and where to. */
export interface Deployment {
  /** The folder of the release; this code lies in it. */
  release: string;
  /** The folder that it was made of, which paths of settings count from. */
  checkout: string;
  paths: DataPaths;
  config: Config;
  /** The environment of the processes that run now. */
  environment: NodeJS.ProcessEnv;
  print: (line: string) => void;
}

/** A deploy that did not come about; the message says why, and what runs now. */
export class DeployError extends Error {
  override readonly name: string = 'DeployError';
}

/** A version that runs other programs than those that run; nothing was changed. */
export class WantsStart extends DeployError {
  override readonly name: string = 'WantsStart';
}

/**
 * Runs a release in place of what runs: tries it, turns `current` to it and restarts all processes one after the other. Throws
 * TrialError and DeployError where nothing was changed, or where it went back to what ran before.
 */
export async function deployRelease(deployment: Deployment): Promise<void> {
  const { release, checkout, paths, config, print } = deployment;
  if (
    supervisorConf({ checkout, host: config.HOST, programs: planPrograms(config) }) !==
    readFileSync(paths.supervisorConf, 'utf8')
  ) {
    throw new WantsStart(
      'this version runs other programs than those that run (supervisord.conf, the list of kinds, or another checkout), which ' +
        'takes a full start: bin/heavylift stop, then npm start. Nothing was changed',
    );
  }
  const version = formatVersion(basename(release));
  print(`trying ${version} beside what runs`);
  const kinds = CONTRACTS.map(({ kind }) => kind).filter((kind) => workerSetting(config, kind, 'WORKERS') > 0);
  await tryRelease({ ...deployment, kinds });

  const before = currentFolder(paths);
  const stopped: SupervisedProcess[] = [];
  turnCurrent(paths, release);
  try {
    writeWatchPlan(config, paths);
    const processes = await listProcesses(paths.supervisorSocket);
    const touched = processes.filter((one) => isApp(one) || one.program === 'watch');
    await restartInTurn(paths, touched, (one) => {
      print(`restarting ${one.name}`);
      stopped.push(one);
    });
  } catch (error) {
    throw new DeployError(`${(error as Error).message}; ${await goBack(deployment, before, stopped)}`);
  }
  pruneReleases(paths);
  print(`${version} runs`);
}

/** Starts what was stopped from the release before; answers with what became of it. */
async function goBack(
  { paths, release, print }: Deployment,
  before: string | null,
  stopped: readonly SupervisedProcess[],
): Promise<string> {
  if (before === null || before === release) {
    return 'there is no release before it to go back to: deploy another version';
  }
  const version = formatVersion(basename(before));
  print(`going back to ${version}`);
  turnCurrent(paths, before);
  const names = stopped.map(({ name }) => name);
  const now = (await listProcesses(paths.supervisorSocket)).filter(({ name }) => names.includes(name));
  return restartInTurn(paths, now).then(
    () => `${version} runs again`,
    (error: Error) => `${version} does not come up again either: ${error.message}`,
  );
}
