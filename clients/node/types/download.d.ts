import type { Job, ResultFile } from '../types/api.d.ts';
import type { Opened } from './connection.js';
export type OpenFile = (file: ResultFile, headers: Record<string, string>) => Promise<Opened>;
/**
 * The files of a job. Throws HeavyliftError where it has none.
 * @param {Job} job
 * @returns {ResultFile[]}
 */
export declare function filesOf(job: Job): ResultFile[];
/**
 * Saves files and returns their paths: one at `path`, unless that is a folder, and several in it.
 * @param {ResultFile[]} files
 * @param {string} path
 * @param {OpenFile} openFile
 * @returns {Promise<string[]>}
 */
export declare function saveFiles(files: ResultFile[], path: string, openFile: OpenFile): Promise<string[]>;
