// @ts-check
/** @import { Job, ResultFile, Upload } from '../types/api.d.ts' */
/** @import { UploadOptions } from './uploads.js' */
import { Heavylift as Client } from './client.js';
import { filesOf, saveFiles } from './download.js';
import { sourceOfPath } from './paths.js';

export * from './errors.js';
export { verifyWebhook } from './webhooks.js';

/** Heavylift, as a caller has it: jobs, uploads, results, and files of this machine. */
export class Heavylift extends Client {
  /**
   * Uploads a file for jobs to name: `{ upload: upload.id }`. It is read as it is sent, and goes on where it was when the
   * connection breaks. Rejects with HeavyliftError, or with the system's error where the file can not be read.
   * @override
   * @param {string | URL | Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>} file a
   *   path, or the bytes
   * @param {UploadOptions} [options]
   * @returns {Promise<Upload>}
   */
  async upload(file, options = {}) {
    if (typeof file !== 'string' && !(file instanceof URL)) return this.sendFile(file, options);
    return this.sendFile(file, options, await sourceOfPath(file));
  }

  /**
   * Saves the result of a job, or one of its files, and returns the paths. Each stands under its name once it is whole and
   * checked, and not before. Rejects with JobFailed, HeavyliftError (`download_broken`), or the system's error.
   * @param {string | Job | ResultFile} job one that has not ended is waited for
   * @param {string} path of its one file; a folder takes all of them
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<string[]>}
   */
  async download(job, path, { signal } = {}) {
    const isEnded = typeof job !== 'string' && ('sha256' in job || job.state === 'completed');
    const done = isEnded ? job : await this.wait(/** @type {string | Job} */ (job), { ...(signal && { signal }) });
    const files = 'sha256' in done ? [done] : filesOf(done);
    return saveFiles(files, path, (file, headers) => this.openFile('', file, { headers, ...(signal && { signal }) }));
  }
}
