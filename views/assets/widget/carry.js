// @ts-check

import { pauseFor } from './request.js';
import { takeSeat } from './seats.js';
import { postJob, readJob, uploadFile } from './sending.js';
import { WORD_OF_CODE } from './words.js';

/**
 * @typedef {import('./request.js').Access} Access
 * @typedef {import('./request.js').UploadError} UploadError
 * @typedef {import('./row.js').Note} Note
 * @typedef {import('./row.js').Row} Row
 * @typedef {import('./row.js').State} State
 *
 * What is asked of the element that has the rows, and what it is told.
 * @typedef {object} Host
 * @property {() => Access} access
 * @property {() => AbortSignal} inPage Ends when the element leaves the page.
 * @property {() => string} kind
 * @property {() => Record<string, unknown>} fields
 * @property {() => Row[]} rows
 * @property {(row: Row, state: State, note: Note) => void} change
 * @property {(row: Row, progress: { sent: number, total: number }) => void} progress
 * @property {(row: Row) => void} accept
 * @property {(row: Row) => void} complete
 * @property {(row: Row, why: { code: string, word?: string | undefined, text: string, mayRetry: boolean }) => void} fail
 */

/** How many jobs are looked at in one go. */
const LOOKS = 5;
/** The statuses of refusals that the same file would meet again. */
const OF_FILE = [400, 413, 415, 422];

/** Uploads the file of a row, as far as it is not there yet, and posts its job. @param {Row} row @param {Host} host */
export async function sendRow(row, host) {
  row.control = new AbortController();
  const { signal } = row.control;
  const access = { ...host.access(), signal };
  const kind = host.kind();
  host.change(row, 'sending', { word: 'waiting' });
  try {
    const leave = await takeSeat(signal);
    try {
      row.upload ||= await uploadRow(row, host, { ...access, ...(kind !== 'uploads' && { kind }) });
      if (kind !== 'uploads') {
        const body = { source: { upload: row.upload }, ...host.fields() };
        row.job = await postJob(kind, body, { ...access, idempotencyKey: `${row.upload}.${row.tries}` });
      }
    } finally {
      leave();
    }
    row.id = row.job?.id ?? row.upload;
    host.accept(row);
    if (!row.job) host.complete(row);
  } catch (cause) {
    if (signal.aborted) return;
    const { code = 'script', status, message } = /** @type {UploadError} */ (cause);
    const isOfFile = code === 'file_changed' || OF_FILE.includes(status);
    host.fail(row, { code, word: WORD_OF_CODE[code], text: message, mayRetry: !isOfFile });
  }
}

/** @param {Row} row @param {Host} host @param {Access & { kind?: string }} options */
async function uploadRow(row, host, options) {
  const { id } = await uploadFile(/** @type {File} */ (row.file), {
    ...options,
    onProgress: (progress) => host.progress(row, progress),
    onWait: (reason) => host.change(row, 'sending', { ...row.note, word: reason ?? 'sending' }),
  });
  return id;
}

/** Looks at the jobs until they have ended: some at a time, those first that were not looked at for longest. @param {Host} host */
export async function followRows(host) {
  for (;;) {
    const signal = host.inPage();
    const isPending = (/** @type {Row} */ { state, seenAt }) => state === 'accepted' && Number.isFinite(seenAt);
    const pending = host
      .rows()
      .filter(isPending)
      .sort((a, b) => a.seenAt - b.seenAt);
    if (pending.length === 0 || signal.aborted) return;
    const wait = pending.length === 1 ? 10 : 2;
    for (const [index, row] of pending.slice(0, LOOKS).entries()) {
      row.seenAt = Date.now();
      await look(row, host, { ...host.access(), signal, wait: index === 0 ? wait : 0, signed: '1h' });
    }
    await pauseFor(500, signal);
  }
}

/** @param {Row} row @param {Host} host @param {Parameters<typeof readJob>[1]} options */
async function look(row, host, options) {
  /** @type {any} */
  let job;
  try {
    job = await readJob(row.id, options);
  } catch (cause) {
    const { status, retryable, message } = /** @type {UploadError} */ (cause);
    if (options.signal?.aborted) return;
    if (retryable) await pauseFor(5000, options.signal);
    else if (status === 404 || status === 410) host.fail(row, { code: 'not_found', text: message, mayRetry: false });
    // It may not be looked at any more, as when the token has expired; it was accepted all the same.
    else row.seenAt = Number.POSITIVE_INFINITY;
    return;
  }
  if (!host.rows().includes(row)) return;
  row.job = job;
  const { state, error, progress } = job;
  if (state === 'completed') host.complete(row);
  else if (state === 'failed' || state === 'cancelled') {
    row.tries += 1;
    const word = state === 'cancelled' ? state : undefined;
    const mayRetry = Boolean(row.file && error?.retryable);
    host.fail(row, { code: error?.code ?? state, word, text: error?.detail ?? '', mayRetry });
  } else host.change(row, 'accepted', { word: 'accepted', percent: progress?.percent });
}
