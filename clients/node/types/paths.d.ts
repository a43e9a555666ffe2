import type { Source } from './uploads.js';
/**
 * Makes a source of a file; nothing of it is held. Rejects with the system's error, or with TypeError where it is none.
 * @param {string | URL} path
 * @returns {Promise<Source>}
 */
export declare function sourceOfPath(path: string | URL): Promise<Source>;
