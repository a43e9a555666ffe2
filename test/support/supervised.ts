import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfigFiles } from '../../bin/launch/config/config-files.ts';
import { supervisorEnvironment } from '../../bin/launch/config/environment.ts';
import { processEnvironment } from '../../bin/launch/config/process-environment.ts';
import { listProcesses } from '../../bin/launch/supervisor.ts';
import { dataPaths, makeDataDir } from '../../src/data-dir.ts';
import { parseConfig } from '../../workers/config.ts';
import { startProcess } from './processes.ts';
import { makeTempDir } from './temp-dir.ts';
import { until } from './until.ts';

/** The real supervisord with the product's own supervisord.conf, a real Redis, and a sleeper in the place of node. */
export interface Supervised {
  /** The data directory. */
  dir: string;
  /** What supervisord has said where it was started. */
  said(): string;
  /** From now on what is started ends at once. */
  breakNode(): void;
  mendNode(): void;
  close(): Promise<void>;
}

/** Starts it and waits until every process runs. */
export async function openSupervised(settings: Record<string, string>): Promise<Supervised> {
  const { path, remove } = makeTempDir();
  const dir = join(path, 'data');
  const config = parseConfig({ ...settings, DATA_DIR: dir });
  const paths = dataPaths(dir);
  makeDataDir(paths);
  mkdirSync(join(path, 'bin'));
  const node = join(path, 'bin/node');
  const writeNode = (script: string) => {
    writeFileSync(node, `#!/bin/sh\n${script}\n`);
    chmodSync(node, 0o755);
  };
  const mendNode = () => writeNode('exec sleep 600');
  mendNode();
  const repository = join(import.meta.dirname, '../..');
  writeConfigFiles(repository, config, paths);
  const supervisord = startProcess('supervisord', ['--nodaemon', '--silent', '--configuration', paths.supervisorConf], {
    ...processEnvironment(config, paths, repository, {}),
    ...supervisorEnvironment(config, paths),
    NODE: node,
  });
  const close = async () => {
    await supervisord.stop();
    remove();
  };
  const allRun = async () => {
    const states = (await listProcesses(paths.supervisorSocket)).map(({ state }) => state);
    return states.length > 0 && states.every((state) => state === 'RUNNING');
  };
  await until('every process runs', allRun, { timeoutMs: 30_000 }).catch(async (error) => {
    await close();
    throw new Error(`${error.message}\n${supervisord.output()}`);
  });
  return { dir, said: supervisord.output, breakNode: () => writeNode('exit 1'), mendNode, close };
}
