// @ts-check
/** @import { Job, Kind } from '../types/api.d.ts' */
/** @import { Option, Typed } from './arguments.js' */
/** @import { Io } from './io.js' */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Heavylift, JobFailed } from '../src/index.js';
import { CommandError, EXIT } from './exit.js';
import { openProgress } from './progress.js';
import { formatBytes, toLine } from './text.js';

/** @type {Record<string, Option>} */
export const RESULT_OPTIONS = {
  output: { about: 'save the result there: a file, a folder, or - for standard output', value: 'PATH', short: 'o' },
  json: { about: 'print each job as JSON, one a line' },
};

/** @type {Record<string, Option>} */
export const POST_OPTIONS = {
  ...RESULT_OPTIONS,
  'no-wait': { about: "print the job's id and do not wait for its end" },
  set: {
    about: 'any other field: --set quality=80, --set crop.left=10; JSON where it is JSON',
    value: 'FIELD=VALUE',
    multiple: true,
  },
  body: { about: 'begin with the fields of this JSON file', value: 'FILE' },
  tag: { about: 'a label to find it by', value: 'TAG', multiple: true },
  priority: { about: 'high, normal or low', value: 'PRIORITY' },
  'run-at': { about: 'not before this moment (RFC 3339)', value: 'TIME' },
  'callback-url': { about: 'has its end told there', value: 'URL' },
  'idempotency-key': { about: 'sent again under it, it is the same job', value: 'KEY' },
};

/** What Ctrl-C does, for the help of commands that wait. */
export const LEAVES = 'Ctrl-C stops waiting and leaves the job as it is; heavylift cancel ID cancels it.';

/**
 * The fields that the common options ask for.
 * @param {Typed} typed
 * @param {Io} io
 * @returns {Promise<Record<string, any>>}
 */
export async function readFields({ values }, io) {
  /** @type {Record<string, any>} */
  const fields = values['body'] === undefined ? {} : await readJson(values['body'], io);
  const { tag: tags, priority, 'run-at': runAt, 'callback-url': callbackUrl } = values;
  Object.assign(fields, {
    ...(tags && { tags }),
    ...(priority && { priority }),
    ...(runAt && { runAt }),
    ...(callbackUrl && { callbackUrl }),
  });
  for (const pair of values['set'] ?? []) setField(fields, pair);
  return fields;
}

/**
 * Sets a field by a path with dots.
 * @param {Record<string, any>} fields
 * @param {string} pair
 */
function setField(fields, pair) {
  const at = pair.indexOf('=');
  if (at < 1) throw new CommandError(`--set must be FIELD=VALUE, and not ${toLine(pair)}`, EXIT.usage);
  const path = pair.slice(0, at).split('.');
  const last = path.pop() ?? '';
  let place = fields;
  for (const name of path) {
    if (name === '__proto__') throw new CommandError('--set: there is no field __proto__', EXIT.usage);
    place[name] = typeof place[name] === 'object' && place[name] !== null ? place[name] : {};
    place = place[name];
  }
  const text = pair.slice(at + 1);
  Object.defineProperty(place, last, { value: asJson(text), enumerable: true, configurable: true, writable: true });
}

/**
 * What a text stands for: JSON where it is some, else itself. A whole number that would lose digits is a text.
 * @param {string} text
 */
function asJson(text) {
  try {
    const value = JSON.parse(text);
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value;
  } catch {
    return text;
  }
}

/**
 * Reads a file of JSON; `-` is standard input.
 * @param {string} path
 * @param {Io} io
 * @returns {Promise<any>}
 */
export async function readJson(path, io) {
  const content = path === '-' ? await readText(io.input) : await readFile(resolve(io.cwd, path), 'utf8');
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new CommandError(`${path} must be JSON: ${/** @type {Error} */ (error).message}`, EXIT.usage);
  }
}

/**
 * Uploads a file, or standard input (`-`), and returns its id.
 * @param {Heavylift} heavylift
 * @param {string} path
 * @param {Io} io
 * @param {{ kind?: string, name?: string }} [options]
 * @returns {Promise<import('../types/api.d.ts').Upload>}
 */
export async function uploadFile(heavylift, path, io, options = {}) {
  if (path === '-') return uploadInput(heavylift, io, options);
  const progress = openProgress(io, basename(path));
  try {
    return await heavylift.upload(resolve(io.cwd, path), {
      ...options,
      onProgress: ({ sent, total }) =>
        progress.show(sent / total, `sent ${formatBytes(sent)} of ${formatBytes(total)}`),
      signal: io.signal,
    });
  } finally {
    progress.clear();
  }
}

/**
 * Uploads standard input. It is put into a file first, so that it can be sent again when the connection breaks.
 * @param {Heavylift} heavylift
 * @param {Io} io
 * @param {{ kind?: string, name?: string }} options
 */
async function uploadInput(heavylift, io, options) {
  const folder = await mkdtemp(join(tmpdir(), 'heavylift-'));
  try {
    const path = join(folder, options.name ?? 'input');
    await pipeline(io.input, createWriteStream(path, { mode: 0o600 }), { signal: io.signal });
    return await uploadFile(heavylift, path, io, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Where the result of a job goes: null for nowhere.
 * @typedef {{ path: string | null, name?: string }} Target
 */

/**
 * Posts a job, waits for its end and saves its result, as the options say. Returns whether it was accepted and has not failed;
 * a job that failed is told of in one line.
 * @param {Heavylift} heavylift
 * @param {{ kind: Kind, body: any, name: string, part?: number }} what `part`: which of several posts of one command
 * @param {Typed} typed
 * @param {Io} io
 * @returns {Promise<Job | null>}
 */
export async function postJob(heavylift, { kind, body, name, part }, { values }, io) {
  const given = values['idempotency-key'];
  const idempotencyKey = given && (part === undefined ? given : `${given}-${part}`);
  const job = /** @type {Job} */ (
    await heavylift.post(kind, body, { ...(idempotencyKey && { idempotencyKey }), signal: io.signal })
  );
  if (values['no-wait']) {
    io.print(values['json'] ? JSON.stringify(job) : job.id);
    return null;
  }
  return awaitJob(heavylift, job, name, io);
}

/**
 * Waits for the end of a job and shows how far it is. Rejects with JobFailed, and with CommandError when it was interrupted.
 * @param {Heavylift} heavylift
 * @param {Job | string} job
 * @param {string} name
 * @param {Io} io
 * @returns {Promise<Job>}
 */
export async function awaitJob(heavylift, job, name, io) {
  const progress = openProgress(io, name);
  const id = typeof job === 'string' ? job : job.id;
  try {
    if (!io.isTerminal) return await heavylift.wait(id, { signal: io.signal });
    /** @type {Job | null} */
    let last = null;
    for await (const now of heavylift.follow(id, { signal: io.signal })) {
      last = now;
      progress.show(now.progress.percent / 100, now.state);
    }
    const ended = last ?? (await heavylift.wait(id, { signal: io.signal }));
    if (ended.state !== 'completed') throw new JobFailed(ended);
    return ended;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    throw new CommandError(
      `${id} goes on. To wait for it: heavylift wait ${id}; to cancel it: heavylift cancel ${id}`,
      EXIT.interrupted,
    );
  } finally {
    progress.clear();
  }
}

/**
 * Says what has become of a job, and saves its files where `-o` says so.
 * @param {Heavylift} heavylift
 * @param {Job} job
 * @param {Target & { json: boolean }} target
 * @param {Io} io
 */
export async function deliver(heavylift, job, { path, name, json }, io) {
  const files = /** @type {{ files?: import('../types/api.d.ts').ResultFile[] } | null} */ (job.result)?.files ?? [];
  if (json) io.print(JSON.stringify(job));
  if (path === null) {
    const made = files.map((file) => `${file.name} (${formatBytes(file.bytes)})`).join(', ');
    if (!json) io.print(toLine([job.id, job.state, made].filter(Boolean).join('  ')));
    return;
  }
  if (files.length === 0) throw new CommandError(`${job.id} has ended well, and has no file to save`);
  if (path === '-') {
    if (files.length > 1) throw new CommandError(`${job.id} has ${files.length} files: give -o a folder`);
    await writeOut(heavylift, job, io);
    return;
  }
  const to = resolve(io.cwd, path) + (/[\\/]$/.test(path) ? '/' : '');
  if (name !== undefined) await mkdir(to, { recursive: true });
  const saved = await heavylift.download(job, name === undefined ? to : join(to, name), { signal: io.signal });
  if (!json) for (const one of saved) io.print(toLine(one));
}

/**
 * Writes the one file of a job to standard output, once it is whole.
 * @param {Heavylift} heavylift
 * @param {Job} job
 * @param {Io} io
 */
async function writeOut(heavylift, job, io) {
  const folder = await mkdtemp(join(tmpdir(), 'heavylift-'));
  try {
    const [path = ''] = await heavylift.download(job, join(folder, 'result'), { signal: io.signal });
    await pipeline(createReadStream(path), io.output, { end: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The name that the result of a file is saved by in a folder; told apart by its path where several have one name.
 * @param {string} source
 * @param {Job} job
 * @param {Set<string>} taken
 * @returns {string | undefined}
 */
export function nameResult(source, job, taken) {
  const files = /** @type {{ files?: import('../types/api.d.ts').ResultFile[] } | null} */ (job.result)?.files ?? [];
  const [only] = files;
  const stem = basename(source, extname(source)) || 'result';
  const wanted = files.length === 1 && only ? `${stem}${extname(only.name)}` : stem;
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
  const name = taken.has(wanted) ? `${basename(wanted, extname(wanted))}-${hash}${extname(wanted)}` : wanted;
  taken.add(name);
  return name;
}
