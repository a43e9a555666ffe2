import type { Readable } from 'node:stream';
import type { Config } from '../../../config/platform.ts';
import { AppError } from '../../../errors.ts';
import type { UploadRules } from '../../../jobs/contract.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { Receiving } from '../../connections/receiving.ts';

/** Multipart overhead beside the file: boundaries, part headers and the text fields. */
const MULTIPART_SLACK_BYTES = 1_000_000;
export const MAX_FIELD_BYTES = 100_000;
/** Text fields of a form, or parameters of a query. */
export const MAX_FIELDS = 100;
export const MAX_FURTHER_FILES = 10;

/** Takes the files of a form that may have many of them in the field of its kind's file. */
export interface FileItems {
  /** So many at most. */
  max: number;
  /** Takes the next one, and reads its content to the end; rejects with what ends the request, not with what is wrong with the file. */
  take(index: number, content: Readable, filename: string): Promise<void>;
}

/** Where an upload goes, and the rules it is held to. */
export interface UploadTarget {
  config: Config;
  storage: Storage;
  receiving: Receiving;
  rules: UploadRules;
  jobId: string;
  /** Names this request among all that choose the same job. */
  nonce: string;
  /** Takes the files of a form that may have many; absent: it has one. */
  items?: FileItems | undefined;
}

/** Computes the most bytes of a whole request. */
export function mostBytes({ config, rules, items }: UploadTarget, isForm: boolean): number {
  if (items && isForm) return config.MAX_BATCH_BYTES;
  const files = rules.files && isForm ? 1 + MAX_FURTHER_FILES : 1;
  const textBytes = rules.jsonField ? config.JSON_MAX_BYTES : MAX_FIELD_BYTES;
  return files * rules.maxBytes(config) + textBytes + MULTIPART_SLACK_BYTES;
}

/** Makes the refusal of a request that is over its limit as a whole. */
export const wholeTooLarge = ({ config, rules, items }: UploadTarget): AppError => {
  if (!items) return tooLarge(rules.field ?? 'the upload', rules.maxBytes(config));
  const most = config.MAX_BATCH_BYTES;
  const detail = `must be at most ${most} bytes as a whole (MAX_BATCH_BYTES)`;
  return new AppError('payload_too_large', `The form is larger than the limit of ${most / 1_000_000} MB.`, {
    errors: [{ pointer: '', detail }],
  });
};

/** Makes the refusal of a file that is over its limit. */
export const tooLarge = (field: string, maxBytes: number): AppError =>
  new AppError('payload_too_large', `${field} is larger than the limit of ${maxBytes / 1_000_000} MB.`, {
    errors: [{ pointer: `/${field}`, detail: `must be at most ${maxBytes} bytes` }],
  });
