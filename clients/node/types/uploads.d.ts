import type { Upload } from '../types/api.d.ts';
import type { Connection } from './connection.js';
export type UploadOptions = {
    /**
     * its name; a path and a File bring their own
     */
    name?: string;
    /**
     * its media type, where its first bytes do not tell
     */
    type?: string;
    /**
     * how many bytes a stream has; with it the upload is resumed when it breaks
     */
    size?: number;
    /**
     * the kind of job that it is for: that kind's limits are checked at once
     */
    kind?: string;
    /**
     * whose data it is
     */
    subject?: string;
    /**
     * sent again under the same one, it is the same upload; one is made without it
     */
    idempotencyKey?: string;
    /**
     * the most bytes in one request, for proxies that take no larger ones; no limit without it
     */
    chunkBytes?: number;
    /**
     * is told how many bytes are there
     */
    onProgress?: (progress: {
        sent: number;
        total: number;
    }) => void;
    signal?: AbortSignal;
};
export type Part = {
    body: BodyInit;
    bytes: number;
    streams?: boolean;
};
export type Source = {
    size: number;
    name?: string;
    type?: string;
    /**
     * makes what follows at an offset
     */
    part: (from: number, most: number, beat: (bytes: number) => void) => Promise<Part>;
};
/**
 * Sends a source in pieces that are safe one by one (tus 1.0.0), and goes on where it was when a connection breaks or the server
 * restarts. Rejects with HeavyliftError.
 * @param {Connection} connection
 * @param {Source} source
 * @param {UploadOptions} options
 * @returns {Promise<Upload>}
 */
export declare function sendResumably(connection: Connection, source: Source, options: UploadOptions): Promise<Upload>;
/**
 * Makes a source of bytes or a Blob; null where it is neither.
 * @param {unknown} file
 * @returns {Source | null}
 */
export declare function sourceOfBytes(file: unknown): Source | null;
/**
 * Makes a source of a stream whose size is known. 8 MB of it are held at a time, for when they have to be sent again.
 * @param {AsyncIterable<Uint8Array>} stream
 * @param {number} size
 * @returns {Source}
 */
export declare function sourceOfStream(stream: AsyncIterable<Uint8Array>, size: number): Source;
/**
 * Sends a stream of unknown size in one request, which can not be resumed.
 * @param {Connection} connection
 * @param {ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>} stream
 * @param {UploadOptions} options
 * @returns {Promise<Upload>}
 */
export declare function sendOnce(connection: Connection, stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>, { name, type, subject, signal, idempotencyKey, onProgress }: UploadOptions): Promise<Upload>;
