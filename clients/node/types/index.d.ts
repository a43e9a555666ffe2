import type { Job, ResultFile, Upload } from '../types/api.d.ts';
import type { UploadOptions } from './uploads.js';
/** @import { Job, ResultFile, Upload } from '../types/api.d.ts' */
/** @import { UploadOptions } from './uploads.js' */
import { Heavylift as Client } from './client.js';
export * from './errors.js';
export { verifyWebhook } from './webhooks.js';
/** Heavylift, as a caller has it: jobs, uploads, results, and files of this machine. */
export declare class Heavylift extends Client {
    /**
     * Uploads a file for jobs to name: `{ upload: upload.id }`. It is read as it is sent, and goes on where it was when the
     * connection breaks. Rejects with HeavyliftError, or with the system's error where the file can not be read.
     * @override
     * @param {string | URL | Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>} file a
     *   path, or the bytes
     * @param {UploadOptions} [options]
     * @returns {Promise<Upload>}
     */
    upload(file: string | URL | Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>, options?: UploadOptions): Promise<Upload>;
    /**
     * Saves the result of a job, or one of its files, and returns the paths. Each stands under its name once it is whole and
     * checked, and not before. Rejects with JobFailed, HeavyliftError (`download_broken`), or the system's error.
     * @param {string | Job | ResultFile} job one that has not ended is waited for
     * @param {string} path of its one file; a folder takes all of them
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {Promise<string[]>}
     */
    download(job: string | Job | ResultFile, path: string, { signal }?: {
        signal?: AbortSignal;
    }): Promise<string[]>;
}
