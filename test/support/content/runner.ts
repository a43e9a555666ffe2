/**
 * Runs reports and mails as their workers do, in a process of its own whose event loop and memory are looked at:
 * `node test/support/content/runner.ts REDIS_SOCKET FOLDER`. A run is asked for by HTTP; the input lies in a file, so that
 * nothing but the run itself costs this process anything.
 */
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { AppError } from '../../../src/errors.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { Processor } from '../../../src/jobs/processor.ts';
import { inputRoom } from '../../../src/queue/run/bounds/input-room.ts';
import { createJobFields } from '../../../src/queue/run/job-fields.ts';
import { createRunStorage } from '../../../src/queue/run/run-storage.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { createProcessor as createEmails } from '../../../workers/emails/processor.ts';
import { createProcessor as createReports } from '../../../workers/reports/processor.ts';
import { ALONE } from '../jest/alone.ts';
import type { ContentRun, ContentVerdict } from './run-content.ts';

const [, , socket = '', folder = ''] = process.argv;
const config = { ...defaultConfig(), DATA_DIR: folder };
const log = pino({ level: 'silent' });
const storage = await openDiskStorage(folder);
const redis = new Redis(socket);
const create: Record<ContentRun['kind'], () => Processor<never, unknown>> = {
  reports: () => createReports({ config, log }),
  emails: () => createEmails({ config, log, redis, jobFields: createJobFields(redis, 'emails'), storage, ...ALONE }),
};
const processors: Partial<Record<ContentRun['kind'], Processor<never, unknown>>> = {};

const LOOK_EVERY_MS = 5;
/** The longest time that this thread worked between two looks: a busy machine adds nothing to it. */
let longestMs = 0;
let before = process.threadCpuUsage();
setInterval(() => {
  const { user, system } = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  longestMs = Math.max(longestMs, (user + system) / 1000);
}, LOOK_EVERY_MS);

const forgetPeak = () => writeFileSync('/proc/self/clear_refs', '5');
const peakMb = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;

let count = 0;
async function storeFiles(id: string, files: Record<string, string>): Promise<Record<string, StoredFile>> {
  const stored: Record<string, StoredFile> = {};
  for (const [name, path] of Object.entries(files)) {
    const key = `uploads/${id}/${name}`;
    const { bytes, sha256 } = await storage.put(key, createReadStream(path));
    stored[name] = { key, name, type: 'text/csv', bytes, sha256 };
  }
  return stored;
}

async function run({ kind, caller, files, limitMs }: ContentRun): Promise<ContentVerdict> {
  count += 1;
  const id = `${kind.slice(0, 3)}_${String(count).padStart(26, '0')}`;
  const uploads = await storeFiles(id, files);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new AppError('timed_out', 'The run took too long.')), limitMs);
  const startedAt = performance.now();
  let code = 'completed';
  let message = '';
  let leaveRoom = () => {};
  try {
    leaveRoom = await inputRoom.enter(uploads['input']?.bytes ?? 0, abort.signal);
    const job = { id, caller, attempt: 1, createdAt: new Date(0), uploads };
    const context = {
      signal: abort.signal,
      progress: () => {},
      storage: createRunStorage(storage, id, abort.signal),
      appendLog: async () => {},
      jobs: { find: async (other: string) => ({ id: other, state: 'missing' as const, files: [] }) },
      log,
    };
    const parsed = JSON.parse((await storage.read(`uploads/${id}/input`)).toString());
    delete job.uploads['input'];
    processors[kind] ??= create[kind]();
    await processors[kind].process({ ...job, input: parsed as never }, context);
  } catch (error) {
    code = error instanceof AppError ? error.code : 'internal';
    message = error instanceof AppError ? error.message : String((error as Error)?.stack ?? error);
  }
  clearTimeout(timer);
  leaveRoom();
  const ms = performance.now() - startedAt;
  await Promise.all([storage.remove(`uploads/${id}`), storage.remove(`results/${id}`)]);
  return { code, message, ms, longestMs, peakMb: peakMb() };
}

const server = createServer(async (request, response) => {
  if (request.url === '/forget') {
    forgetPeak();
    longestMs = 0;
    response.end();
    return;
  }
  response.end(JSON.stringify(await run(JSON.parse(await text(request)))));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
