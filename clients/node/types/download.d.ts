import type { Job, ResultFile } from '../types/api.d.ts';
import type { Opened } from './connection.js';
export type OpenFile = (file: ResultFile, headers: Record<string, string>) => Promise<Opened>;
/**
 * Saves the files of a job and returns their paths.
 * @param {Job} job
 * @param {string} path
 * @param {OpenFile} openFile
 * @returns {Promise<string[]>}
 */
export declare function saveResult(job: Job, path: string, openFile: OpenFile): Promise<string[]>;
