import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../../src/config/platform.ts';
import { type DataPaths, dataPaths } from '../../src/data-dir.ts';
import { ForeignDeployment, joinDeployment } from '../../src/deployment/join.ts';
import { LaterData } from '../../src/deployment/version.ts';
import { createLog } from '../../src/log.ts';
import { infoOfMasters, isCluster } from '../../src/redis/cluster.ts';
import { openProducerRedis, type Redis, redisAddress } from '../../src/redis/connect.ts';
import { readFaults } from '../../src/redis/faults.ts';
import { findFirstHostFault } from '../../src/redis/first-host.ts';
import { openSecrets } from '../../src/signing/secret.ts';
import { openStorage } from '../../src/storage/open.ts';
import { STAGING } from '../backup/staging.ts';

const REDIS_ANSWERS_WITHIN_MS = 5000;

/** Why nothing can listen on a port: one sentence that names the setting, or null when it is free. */
export async function findPortProblem(setting: string, port: number, host: string): Promise<string | null> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ port, host, exclusive: true }, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE')
      return `${setting}: port ${port} on ${host} is taken. Stop what listens there, or set another ${setting}.`;
    if (code === 'EACCES') return `${setting}: port ${port} needs root. Set ${setting} to 1024 or higher.`;
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST: ${host} is not an address of this machine.`;
    return `${setting}: can't listen on port ${port} of ${host} (${code}).`;
  }
}

/**
 * Why the Redis of REDIS_URL can't keep the queue: it does not answer, takes no writes, or could lose jobs. Empty when
 * it can.
 */
export async function findRedisProblems(config: Config): Promise<string[]> {
  const redis = openProducerRedis(config, createLog('silent', 'start'));
  try {
    await new Promise<void>((resolve, reject) => {
      let last: Error = new Error('no answer');
      redis.once('ready', resolve).on('error', (error) => {
        last = error;
      });
      setTimeout(() => reject(last), REDIS_ANSWERS_WITHIN_MS).unref();
    });
    const { unusable, unsafe } = readFaults(await infoOfMasters(redis), {
      wanted: config.REDIS_WAIT,
      isCluster: isCluster(redis),
    });
    const allowed = config.REDIS_ALLOW_UNSAFE ? [] : unsafe;
    const foreign = unusable.length + allowed.length === 0 ? await findForeignness(config, redis) : [];
    return [
      ...foreign,
      ...unusable.map((fault) => `REDIS_URL: ${fault}.`),
      ...allowed.map((fault) => `REDIS_URL: ${fault} (or set REDIS_ALLOW_UNSAFE=1 and accept the loss).`),
    ];
  } catch (error) {
    const reason = (await findHostFault(config)) ?? (error as Error).message;
    return [`REDIS_URL: Redis does not answer there (${reason}). Start it, or mend the address.`];
  } finally {
    redis.disconnect();
  }
}

/** Why the first of several hosts can not be asked; null where it can, and for one server. */
async function findHostFault(config: Config): Promise<string | null> {
  const address = redisAddress(config);
  return ['sentinel', 'cluster'].includes(address.mode) ? findFirstHostFault(address) : null;
}

/** Why Redis does not belong to the storage and the secret of these settings; empty when it does. */
async function findForeignness(config: Config, redis: Redis): Promise<string[]> {
  try {
    await joinDeployment({ redis, storage: await openStorage(config), secrets: openSecrets(config) });
    return [];
  } catch (error) {
    if (error instanceof ForeignDeployment || error instanceof LaterData) return [`REDIS_URL: ${error.message}.`];
    throw error;
  }
}

/**
 * Why a folder's path can't be used: one sentence, or null. Redis takes brackets, stars and question marks in the path
 * of its own configuration for a pattern; it finds nothing and runs with no settings at all, on an open port and
 * without a log. Quotes and backslashes would end a path early in its configuration and in supervisord's, which expands
 * % twice.
 */
export function findPathProblem(setting: string, path: string): string | null {
  if (!/[*?[\]"\\%\n]/.test(path)) return null;
  const reason = 'which Redis or supervisord would misread. Use another.';
  return `${setting}: the path ${path} has one of * ? [ ] " \\ % in it, ${reason}`;
}

/** Why a data directory can't be used that a restore has not finished; null where none was begun. */
function findRestoreProblem({ root }: DataPaths): string | null {
  if (!existsSync(join(root, STAGING))) return null;
  return `DATA_DIR: a restore into ${root} is under way, or was broken off: run bin/heavylift restore again.`;
}

/** Everything that would keep the processes from coming up, one sentence each. */
export async function findProblems(config: Config, repository: string): Promise<string[]> {
  const portProblem = await findPortProblem('PORT', config.PORT, config.HOST);
  const redisProblems = config.REDIS_URL ? await findRedisProblems(config) : [];
  const pathProblems = [
    findPathProblem('DATA_DIR', config.DATA_DIR),
    findPathProblem("the repository's folder", repository),
  ];
  const restoreProblem = findRestoreProblem(dataPaths(config.DATA_DIR));
  return [...pathProblems, restoreProblem, portProblem, ...redisProblems].filter((problem) => problem !== null);
}
