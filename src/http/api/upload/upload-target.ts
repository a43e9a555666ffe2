import type { Config } from '../../../config/platform.ts';
import { AppError } from '../../../errors.ts';
import type { UploadRules } from '../../../jobs/contract.ts';
import type { Storage } from '../../../storage/storage.ts';

/** Multipart overhead beside the file: boundaries, part headers and the text fields. */
export const MULTIPART_SLACK_BYTES = 1_000_000;
export const MAX_FIELD_BYTES = 100_000;
export const MAX_FURTHER_FILES = 10;

/** Where an upload goes, and the rules it is held to. */
export interface UploadTarget {
  config: Config;
  storage: Storage;
  rules: UploadRules;
  jobId: string;
  /** Names this request among all that choose the same job. */
  nonce: string;
}

/** Computes the most bytes of one text field. */
export const textBytes = ({ jsonField }: UploadRules, { JSON_MAX_BYTES }: Config): number =>
  jsonField ? JSON_MAX_BYTES : MAX_FIELD_BYTES;

/** Makes the refusal of a file that is over its limit. */
export const tooLarge = (field: string, maxBytes: number): AppError =>
  new AppError('payload_too_large', `${field} is larger than the limit of ${maxBytes / 1_000_000} MB.`, {
    errors: [{ pointer: `/${field}`, detail: `must be at most ${maxBytes} bytes` }],
  });
