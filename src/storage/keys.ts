import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path/posix';

/**
 * Storage key of an uploaded file. The nonce is the request's: two requests that chose the same job by their
 * idempotency key write apart, and the one that comes second removes its own.
 */
export const uploadKey = (jobId: string, nonce: string, field: string): string =>
  `${uploadFolder(jobId, nonce)}/${field}`;

/** Whether a text is a key of our own making. */
export const isKey = (text: string): boolean => /^[a-z]+(\/[\w][\w.-]*){1,3}$/.test(text);

/** Throws for what is none. */
export function assertKey(key: string): void {
  if (!isKey(key)) throw new Error(`not a storage key: ${key}`);
}

/** The folder of a request's uploads. */
export const uploadFolder = (jobId: string, nonce: string): string => `uploads/${jobId}-${nonce}`;

/** The folder of contents that come in pieces. */
export const GROWING = 'growing';

/** The name, in the folder of what grows, of a content by its key: that of the folder of its upload. */
export const growingName = (key: string): string => basename(dirname(key));

/** Storage key of what there is of a content that grows. */
export const growingKey = (key: string): string => `${GROWING}/${growingName(key)}`;

/** Whether that key is one of an upload. */
export const isUploadKey = (key: string): boolean => key.startsWith('uploads/');

/** No id of a job begins with it. */
const BATCH = 'batch';

/** The folder of the inputs that the jobs of a batch share, by the nonce of the batch. */
export const batchFolder = (nonce: string): string => `uploads/${BATCH}-${nonce}`;

/** Storage key of the file in which the inputs of a batch lie. */
export const batchInputKey = (nonce: string): string => `${batchFolder(nonce)}/inputs.json`;

/** Whether a folder of uploads, by its name, is of inputs that the jobs of one batch share. */
export const isSharedFolder = (name: string): boolean => name.startsWith(`${BATCH}-`);

/** A job's files in storage that came with its request. */
interface RequestFiles {
  uploads: Record<string, { key: string }>;
  inputFile?: { key: string; offset?: number };
  receiving?: { key: string };
}

/** The folders of a job's uploads, of its input when that lies in a file of its own, and of an upload that is still coming. */
export const uploadFolders = ({ uploads, inputFile, receiving }: RequestFiles): string[] => {
  const ownInput = inputFile && inputFile.offset === undefined ? [inputFile] : [];
  const files = [...Object.values(uploads), ...ownInput, ...(receiving ? [receiving] : [])];
  return [...new Set(files.map(({ key }) => dirname(key)))];
};

/** The folder of the inputs that the job shares with others of its batch; null for a job that shares none. */
export const sharedInputFolder = ({ inputFile }: Pick<RequestFiles, 'inputFile'>): string | null =>
  inputFile?.offset === undefined ? null : dirname(inputFile.key);

/** Names that are keys as they are; others have spaces, letters of any script, or a length that no disk takes. */
const PLAIN_NAME = /^\w[\w.-]{0,100}$/;
const keyName = (name: string): string =>
  PLAIN_NAME.test(name) ? name : `named-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;

/** Storage key of a result file. */
export const resultKey = (jobId: string, name?: string): string =>
  name === undefined ? `results/${jobId}` : `results/${jobId}/${keyName(name)}`;

/** The folder of a job's mails in the inbox; with `nonce` the source of one of them. */
export const inboxKey = (jobId: string, nonce?: string): string =>
  nonce === undefined ? `inbox/${jobId}` : `inbox/${jobId}/${nonce}.eml`;

/** Storage key of a file that a signed address leads to, by the id of the job that made it first. */
export const derivedKey = (jobId: string): string => `derived/${jobId}/file`;

/** Storage key of the version of the data's layout. */
export const DATA_VERSION_FILE = 'deployment/version';

/** The name, in the folder of drafts, of what a backup puts aside (`hold.ts`). */
export const HELD = 'held';
