import { dirname } from 'node:path/posix';

/**
 * Storage key of an uploaded file. The nonce is the request's: two requests that chose the same job by their
 * idempotency key write apart, and the one that comes second removes its own.
 */
export const uploadKey = (jobId: string, nonce: string, field: string): string =>
  `${uploadFolder(jobId, nonce)}/${field}`;

/** The folder of a request's uploads. */
export const uploadFolder = (jobId: string, nonce: string): string => `uploads/${jobId}-${nonce}`;

/** Whether that key is one of an upload. */
export const isUploadKey = (key: string): boolean => key.startsWith('uploads/');

/** A job's files in storage that came with its request. */
interface RequestFiles {
  uploads: Record<string, { key: string }>;
  inputFile?: { key: string };
}

/** The folders of a job's uploads, and of its input when that lies in storage. */
export const uploadFolders = ({ uploads, inputFile }: RequestFiles): string[] => [
  ...new Set([...Object.values(uploads), ...(inputFile ? [inputFile] : [])].map(({ key }) => dirname(key))),
];

/** Storage key of a result file. */
export const resultKey = (jobId: string, name?: string): string =>
  name === undefined ? `results/${jobId}` : `results/${jobId}/${name}`;

/** Storage key of the version of the data's layout. */
export const DATA_VERSION_FILE = 'deployment/version';
