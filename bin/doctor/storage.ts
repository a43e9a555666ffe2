import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DEPLOYMENT_FILE } from '../../src/deployment/join.ts';
import { formatBytes } from '../../src/kinds/formats.ts';
import { deploymentIdKey } from '../../src/redis/keys.ts';
import { readRoom } from '../../src/storage/disk-room.ts';
import { openStorage, type StorageSettings } from '../../src/storage/open.ts';
import { folderOf, nameOf, placeOf } from '../../src/storage/place.ts';
import { VERDICT_CODES } from '../../src/verdict/codes.ts';
import { lookAtHost } from '../../src/verdict/collect.ts';
import { judgeDisks } from '../../src/verdict/judge/disks.ts';
import { type Check, type Findings, redisOf } from './examination.ts';
import { describeTimes, measureTurns, p99Of } from './measure.ts';

const [SLOW_MS, TOO_SLOW_MS] = [50, 500];
const MEASURE_WITHIN_MS = 2000;
const BLOCK = Buffer.alloc(4096);
/** Less than so many times what stays free will soon be too little. */
const SHORT = 2;

/** Reads the id of the deployment that storage belongs to; null where it has none, or does not answer. */
export async function readDeploymentId(config: StorageSettings): Promise<string | null> {
  const folder = folderOf(config);
  // Opening a folder would make it.
  if (folder !== null && !existsSync(folder)) return null;
  const text = await openStorage(config)
    .then((storage) => storage.read(DEPLOYMENT_FILE))
    .catch(() => '');
  return String(text).trim() || null;
}

/** Says in a sentence what the disk or the server of files said. */
export const errorOf = (error: unknown): string => {
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
  const word = cause && cause.name !== 'Error' ? cause.name : undefined;
  return cause?.code ?? word ?? (code && /^E[A-Z]+$/.test(code) ? code : message);
};

const storage: Check = {
  name: 'storage',
  async look(examination) {
    const { config } = examination;
    const { fix } = VERDICT_CODES.storage_unavailable;
    const [folder, name] = [folderOf(config), nameOf(placeOf(config))];
    if (folder !== null && !existsSync(folder)) return missing(folder);
    const key = `tmp/doctor-${randomUUID()}`;
    try {
      const opened = await openStorage(config);
      await opened.put(key, bytesOf(key));
      const read = await opened.read(key).finally(() => opened.remove(key));
      if (read.toString() !== key) return { level: 'error', text: `${name} gives back other bytes`, fix };
    } catch (error) {
      return { level: 'error', text: `${name} takes no file (${errorOf(error)})`, fix };
    }
    const id = await readDeploymentId(config);
    const known = (await redisOf(examination)?.get(deploymentIdKey())) ?? null;
    const text = `${name} takes files and gives them back`;
    if (id !== null && known !== null && id !== known) {
      const foreign = `${name} belongs to the deployment ${id}, Redis to ${known}`;
      return { level: 'error', text: foreign, fix: VERDICT_CODES.foreign_host.fix };
    }
    if (id === null || known === null) return { level: 'ok', text };
    return { level: 'ok', text: `${text}; it and Redis are of one deployment (${id})` };
  },
};

const missing = (path: string): Findings => ({
  level: 'error',
  text: `there is no ${path}`,
  fix: 'Mount it, or correct DATA_DIR or STORAGE_URL; the first start makes a new one.',
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** The volumes of storage and Redis, in the words of the verdict. */
const disk: Check = {
  name: 'disk',
  async look({ config }) {
    const folder = folderOf(config);
    if (folder !== null && !existsSync(folder)) return missing(folder);
    const opened = await openStorage(config).catch(() => null);
    const look = opened ?? { check: async () => void (folder !== null && (await readRoom(folder))) };
    const host = await lookAtHost({ config, storage: look }, () => null);
    const faults = judgeDisks({ hosts: [{ ...host, skewMs: 0 }], workers: null });
    if (faults.length > 0) {
      return faults.map(({ code, text }) => ({ level: 'error', text, fix: VERDICT_CODES[code].fix }));
    }
    return host.disks
      .filter(({ totalBytes }) => totalBytes > 0)
      .map(({ of, freeBytes, reserveBytes, totalBytes }) => {
        const free = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free`;
        const text = `the disk of ${of} has ${free}; ${formatBytes(reserveBytes)} stay free (DISK_RESERVE)`;
        const isShort = freeBytes < SHORT * reserveBytes;
        return isShort ? { level: 'warning', text, fix: VERDICT_CODES.disk_reserve.fix } : { level: 'ok', text };
      });
  },
};

const sync: Check = {
  name: 'disk-sync',
  isMeasurement: true,
  async look({ paths }) {
    const path = join(paths.root, `doctor-${randomUUID()}`);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        const write = () => file.write(BLOCK, 0, BLOCK.length, 0).then(() => file.datasync());
        const times = await measureTurns(write, MEASURE_WITHIN_MS);
        const text = `4 KB written and synced in ${paths.root}: ${describeTimes(times)}`;
        if (p99Of(times) < SLOW_MS) return { level: 'ok', text };
        const fix = 'A faster disk for DATA_DIR, or fewer others on it: each accepted job waits for one sync.';
        return { level: p99Of(times) < TOO_SLOW_MS ? 'warning' : 'error', text, fix };
      } finally {
        await file.close();
        await rm(path, { force: true });
      }
    } catch (error) {
      const fix = 'Mount DATA_DIR for writing, make room on it, or give it to the user who runs Heavylift.';
      return { level: 'error', text: `${paths.root} can not be written (${errorOf(error)})`, fix };
    }
  },
};

/** The checks of storage and its disk. */
export const STORAGE_CHECKS: readonly Check[] = [storage, disk, sync];
