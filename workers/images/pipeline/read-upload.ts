import { withColourProfile } from '../colours/with-profile.ts';
import { checkContainer } from '../formats/containers/check-container.ts';
import { endJpeg } from '../formats/jpeg-end.ts';
import { judgeFormat } from '../formats/judge.ts';
import { type AskedPages, assertPage, readSource } from '../picture/source.ts';
import { readBitmap } from './read-bitmap.ts';
import { readHeic } from './read-heic.ts';
import type { Upload, UploadDeps } from './upload.ts';

/**
 * Reads a file's header, of the page that is asked for, and holds what lies beside its pixels against the limits. Throws as
 * `readSource`, and payload_too_large.
 */
export async function readUpload(content: Buffer, deps: UploadDeps, asked: AskedPages = {}): Promise<Upload> {
  const { config, threads, signal } = deps;
  const bytes = content.length;
  const format = judgeFormat(content);
  await checkContainer(content, format, config, asked.page);
  if (format === 'bmp' || format === 'ico' || format === 'heic') {
    assertPage(asked.page, 1);
    return format === 'heic' ? readHeic(content, deps) : readBitmap(content, format, deps);
  }
  const ended = format === 'jpeg' ? endJpeg(content) : null;
  const told = await withColourProfile(content, format, { threads, signal });
  const source = await readSource(ended ?? told, asked);
  // Pixels that are lost behind the end that was put there are a warning.
  return { facts: source, bytes, open: async () => (ended ? { ...source, failOn: 'warning' } : source) };
}
