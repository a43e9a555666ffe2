import type { Envelope } from '../../../jobs/options/options.ts';

/** A job as it was asked for; its uploads lie in storage under its id and nonce. */
export type JobRequest = Pick<Envelope, 'input' | 'options' | 'uploads' | 'receiving'> & {
  /** Of an input that was read in a thread: its JSON; such an input is null where it is large. */
  inputText?: string;
  /** Its fingerprint, where one is needed. */
  fingerprint?: string | undefined;
};
