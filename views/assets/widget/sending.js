// @ts-check

import { addressOf, ask, keepTrying, randomKey, UploadError } from './request.js';

/** @typedef {import('./request.js').Access} Access */

/**
 * @typedef {object} UploadOptions
 * @property {string} [kind] The kind of job that it is for.
 * @property {string} [name] Another name than the file's own.
 * @property {string} [subject] Whose data it is.
 * @property {boolean} [resume] False: begins anew, whatever was sent of it before.
 * @property {(progress: { sent: number, total: number }) => void} [onProgress]
 * @property {import('./request.js').OnWait} [onWait]
 */

/** Up to this size a file goes along with the request that creates its upload; a larger one in pieces. */
const SMALL = 1e6;
/** A browser that loses a connection may send the whole piece once more by itself: so a piece takes some seconds, not more. */
const PIECES = { first: 1e6, least: 0.5e6, most: 16e6, shortMs: 1500, longMs: 6000 };
/** After these the server is asked where the upload stands. */
const LOST_STEP = [404, 409, 410, 423, 460];

/**
 * Sends a file by tus: goes on where it was cut off, also after a reload, and waits while there is no connection. When
 * `signal` is aborted the upload is ended at the server too, unless with the reason `pause`.
 * @param {File} file
 * @param {Access & UploadOptions} options
 * @returns {Promise<{ id: string }>} The upload, for jobs to name.
 * @throws {UploadError}
 */
export async function uploadFile(file, options) {
  const { kind, subject, name = file.name, onProgress, signal, resume = true } = options;
  const address = addressOf(options, 'v1/uploads');
  const memory = `heavylift ${address} ${kind} ${[file.name, file.size, file.lastModified, file.type].join(' ')}`;
  const key = randomKey();
  let place = resume ? recall(memory) : null;
  const tus = { 'Tus-Resumable': '1.0.0' };
  const tell = (/** @type {number} */ sent) => onProgress?.({ sent: Math.min(sent, file.size), total: file.size });

  const create = async () => {
    const isSmall = file.size <= SMALL;
    const metadata = { filename: name, filetype: file.type, kind, subject };
    const answer = await ask(options, 'POST', address, {
      headers: {
        ...tus,
        'Idempotency-Key': key,
        'Upload-Length': String(file.size),
        'Upload-Metadata': writeMetadata(metadata),
        ...(isSmall && { 'Content-Type': 'application/offset+octet-stream' }),
      },
      body: isSmall ? file : null,
      onSent: tell,
    });
    place = new URL(answer.header('Location') ?? '', address).href;
    if (!isSmall) remember(memory, place, answer.header('Upload-Expires'));
    return Number(answer.header('Upload-Offset') ?? 0);
  };
  const findOffset = async () => {
    if (!place) return create();
    const answer = await ask(options, 'HEAD', place, { headers: tus }).catch((error) => {
      if (![403, 404, 410].includes(error.status)) throw error;
    });
    if (answer) return Number(answer.header('Upload-Offset'));
    place = null;
    forget(memory);
    return create();
  };

  const send = async (/** @type {() => void} */ progressed) => {
    let offset = await findOffset();
    tell(offset);
    let piece = PIECES.first;
    while (offset < file.size) {
      const begun = offset;
      const begunAt = Date.now();
      const answer = await ask(options, 'PATCH', String(place), {
        headers: { ...tus, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
        body: file.slice(offset, offset + piece),
        onSent: (sent) => tell(begun + sent),
      }).catch((error) => {
        error.retryable ||= LOST_STEP.includes(error.status);
        throw error;
      });
      offset = Number(answer.header('Upload-Offset'));
      if (!(offset > begun)) throw new UploadError('network', 'The server took nothing.', { retryable: true });
      progressed();
      tell(offset);
      piece = nextPiece(piece, Date.now() - begunAt);
    }
  };

  try {
    await keepTrying(send, options, file);
  } catch (error) {
    if (signal?.aborted && signal.reason !== 'pause' && place) {
      forget(memory);
      ask({ ...options, signal: undefined }, 'DELETE', place, { headers: tus }).catch(() => {});
    }
    throw error;
  }
  forget(memory);
  return { id: /** @type {string} */ (String(place).split('/').pop()) };
}

/**
 * Posts a job; sent again after a lost answer it is the same one.
 * @param {string} kind
 * @param {object} body
 * @param {Access & { idempotencyKey?: string }} options
 * @returns {Promise<any>} The job.
 * @throws {UploadError}
 */
export function postJob(kind, body, options) {
  const { idempotencyKey = randomKey() } = options;
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey };
  const post = () => ask(options, 'POST', addressOf(options, `v1/${kind}`), { headers, body: JSON.stringify(body) });
  return keepTrying(post, options).then(({ json }) => json);
}

/**
 * Reads a job, when it has ended or after `wait` seconds; `signed` asks for addresses of its files that need no key.
 * @param {string} id
 * @param {Access & { wait?: number, signed?: string }} options
 * @returns {Promise<any>}
 * @throws {UploadError}
 */
export async function readJob(id, options) {
  const { wait = 0, signed } = options;
  const address = addressOf(options, `v1/jobs/${encodeURIComponent(id)}${signed ? `?signed=${signed}` : ''}`);
  const headers = wait ? { Prefer: `wait=${wait}` } : {};
  return (await ask(options, 'GET', address, { headers })).json;
}

/**
 * Whether a file is one of those that `accept`, as a file field has it, names.
 * @param {{ name: string, type: string }} file
 * @param {string} accept
 */
export function takesFile({ name, type }, accept) {
  const rules = accept
    .toLowerCase()
    .split(',')
    .flatMap((rule) => rule.trim() || []);
  const isTaken = (/** @type {string} */ rule) => {
    if (rule.startsWith('.')) return name.toLowerCase().endsWith(rule);
    return rule.endsWith('/*') ? type.startsWith(rule.slice(0, -1)) : type === rule;
  };
  // Systems do not know every type: the server looks at what is inside.
  return rules.length === 0 || rules.some(isTaken) || (type === '' && !rules.every((rule) => rule.startsWith('.')));
}

/** @param {number} piece @param {number} took (ms) */
function nextPiece(piece, took) {
  if (took < PIECES.shortMs) return Math.min(piece * 2, PIECES.most);
  return took > PIECES.longMs ? Math.max(piece / 2, PIECES.least) : piece;
}

/** @param {Record<string, string | undefined>} metadata */
function writeMetadata(metadata) {
  const encode = (/** @type {string} */ text) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
  return Object.entries(metadata)
    .flatMap(([key, text]) => (text ? `${key} ${encode(text)}` : []))
    .join(',');
}

/** Where an upload lies that was not finished. @param {string} memory @returns {string | null} */
function recall(memory) {
  try {
    const { place, until } = JSON.parse(localStorage.getItem(memory) ?? '{}');
    if (until > Date.now()) return place;
    localStorage.removeItem(memory);
  } catch {}
  return null;
}

/** @param {string} memory @param {string} place @param {string | null} expires */
function remember(memory, place, expires) {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith('heavylift ')) recall(key);
    localStorage.setItem(memory, JSON.stringify({ place, until: Date.parse(expires ?? '') || Date.now() + 864e5 }));
  } catch {
    // Without it the file begins anew after a reload.
  }
}

/** @param {string} memory */
function forget(memory) {
  try {
    localStorage.removeItem(memory);
  } catch {}
}
