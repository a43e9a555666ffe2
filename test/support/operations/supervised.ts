import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfigFiles } from '../../../bin/launch/config/config-files.ts';
import { supervisorEnvironment } from '../../../bin/launch/config/environment.ts';
import { processEnvironment } from '../../../bin/launch/config/process-environment.ts';
import { startProcesses } from '../../../bin/launch/process-actions.ts';
import { findSpare, listProcesses } from '../../../bin/launch/supervisor.ts';
import { dataPaths, makeDataDir } from '../../../src/data-dir.ts';
import { parseConfig } from '../../../workers/config.ts';
import { startProcess } from '../processes.ts';
import { findFreePort } from '../product.ts';
import { makeTempDir } from '../temp-dir.ts';
import { until } from '../until.ts';

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
  const config = parseConfig({ ...settings, DATA_DIR: dir, PORT: String(await findFreePort()) });
  const paths = dataPaths(dir);
  makeDataDir(paths);
  mkdirSync(join(path, 'bin'));
  const node = join(path, 'bin/node');
  const writeNode = (script: string) => {
    writeFileSync(node, `#!/bin/sh\n${script}\n`);
    chmodSync(node, 0o755);
  };
  // Ready at once, as a process says it that has a place.
  const tellReady = `for part; do case $part in *:*-[0-9]*)
  printf '{"pid":%s,"code":"/nowhere"}' $$ >"$RUN_DIR/\${part#*:}.ready" ;;
esac; done`;
  const mendNode = () => writeNode(`${tellReady}\nexec sleep 600`);
  mendNode();
  const repository = join(import.meta.dirname, '../../..');
  writeConfigFiles(repository, config, paths);
  const supervisord = startProcess('supervisord', ['--nodaemon', '--silent', '--configuration', paths.supervisorConf], {
    ...processEnvironment(config, paths, repository, {}),
    ...supervisorEnvironment(config, paths),
    RUN_NODE: `"${node}"`,
  });
  const close = async () => {
    await supervisord.stop();
    remove();
  };
  const allRun = async () => {
    const processes = await listProcesses(paths.supervisorSocket);
    const spare = findSpare(processes);
    // The watch, which starts the web processes, is a sleeper too.
    await startProcesses(
      paths.supervisorSocket,
      processes.filter((one) => one.group === 'web' && one !== spare),
    );
    return processes.length > 0 && processes.every((one) => one === spare || one.state === 'RUNNING');
  };
  await until('every process runs', allRun, { timeoutMs: 30_000 }).catch(async (error) => {
    await close();
    throw new Error(`${error.message}\n${supervisord.output()}`);
  });
  return { dir, said: supervisord.output, breakNode: () => writeNode('exit 1'), mendNode, close };
}
