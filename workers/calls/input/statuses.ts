import { formField } from '../../../src/fields/fields.ts';

const STATUS = /^[1-5](xx|\d\d)$/;
const SENTENCE = 'must be a status like 404, or a class of them like 2xx';

/** A status (404) or a class of them (5xx). */
export const statusField = formField((text) => STATUS.test(text), SENTENCE);

/** What may be tried again: a status, or `network`, where no connection came about. */
export const retriedField = formField(
  (text) => text === 'network' || STATUS.test(text),
  'must be network, a status like 429, or a class of them like 5xx',
);

/** Whether a status is among these. */
export const isAmong = (status: number, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => pattern === String(status) || pattern === `${Math.floor(status / 100)}xx`);
