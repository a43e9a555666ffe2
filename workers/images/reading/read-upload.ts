import { withColourProfile } from '../colours/with-profile.ts';
import { readApng } from '../formats/apng/read-apng.ts';
import { checkContainer } from '../formats/containers/check-container.ts';
import { isAvifSequence } from '../formats/detect-format.ts';
import { endJpeg } from '../formats/jpeg/end.ts';
import { judgeFormat, refuseSequence } from '../formats/judge.ts';
import { type AskedPages, assertPage, readSource } from '../picture/source.ts';
import { readBitmap } from './read-bitmap.ts';
import { readDrawing } from './read-drawing.ts';
import { readHeic } from './read-heic.ts';
import { readMovingPng } from './read-moving-png.ts';
import { readPdf } from './read-pdf.ts';
import type { Upload, UploadDeps } from './upload.ts';

/**
 * Reads a file's header, of the page that is asked for, and holds what lies beside its pixels against the limits. Throws as
 * `readSource`, and payload_too_large.
 */
export async function readUpload(content: Buffer, deps: UploadDeps, asked: AskedPages = {}): Promise<Upload> {
  const { config, threads, signal } = deps;
  const format = judgeFormat(content);
  await checkContainer(content, format, config, asked.page);
  if (format === 'pdf') return readPdf(content, asked.page, deps);
  if (format === 'bmp' || format === 'ico' || format === 'heic' || format === 'svg') {
    assertPage(asked.page, 1);
    if (format === 'svg') return readDrawing(content, deps);
    return format === 'heic' ? readHeic(content, deps) : readBitmap(content, format, deps);
  }
  const ended = format === 'jpeg' ? await endWhole(content, deps) : null;
  const told = await withColourProfile(content, { format, page: asked.page }, { threads, signal });
  const apng = format === 'png' ? readApng(told) : null;
  if (apng) return readMovingPng(told, apng, deps, asked);
  const source = await readSource(ended ?? told, asked).catch((error: unknown) => {
    // It may hold a still picture beside its frames, or only say so.
    throw format === 'avif' && isAvifSequence(content) ? refuseSequence() : error;
  });
  // Pixels that are lost behind the end that was put there are a warning.
  return { facts: source, open: async () => (ended ? { ...source, failOn: 'warning' } : source) };
}

/** Returns a JPEG with its end marker where it lacks that, and no pixel; else null. */
async function endWhole(content: Buffer, { threads, signal }: UploadDeps): Promise<Buffer | null> {
  const ended = endJpeg(content);
  return ended && (await threads.run('hasAllPixels', ended, signal)) ? ended : null;
}
