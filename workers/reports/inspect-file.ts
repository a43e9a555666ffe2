import { inspectData } from './data/read/file-head.ts';

/** The media type of a file of the form: those of tables are CSV or NDJSON, those that are attached may be anything. */
export function inspectFile(head: Uint8Array, config: unknown, field: string): { type: string } {
  return field.startsWith('attachment') ? { type: 'application/octet-stream' } : inspectData(head, config, field);
}
