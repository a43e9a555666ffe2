import { AppError } from '../../../src/errors.ts';
import type { PdfFault } from '../../../src/pdf-pages/pdf-page.ts';
import { draftTiff } from '../../../src/pixels/tiff.ts';
import { PDF_BYTES } from '../picture/decode-memory.ts';
import type { Size } from '../picture/size.ts';
import { assertPage, readSource } from '../picture/source.ts';
import { isOutOfHeap, type ThreadPool } from '../threads/pool.ts';
import type { ThreadWork } from '../threads/thread.ts';
import { chooseDrawnSize, inPixels } from './drawn-size.ts';
import type { Readable, Upload, UploadDeps } from './upload.ts';

/** Pixels of a point where no size is asked for: 144 an inch. */
const SCALE = 2;
/** A page of which no size is asked for is drawn no larger: they are the longest side and the most pixels. */
const LARGEST = { side: 8192, pixels: 20_000_000 };

/** What pdfium takes beside the picture: its program, and what lies in the page. */
const DOCUMENT_BYTES = 60_000_000;

const SENTENCES: Readonly<Record<PdfFault, [code: 'image_unreadable' | 'payload_too_large', sentence: string]>> = {
  encrypted: ['image_unreadable', 'The PDF wants a password: send one without.'],
  damaged: ['image_unreadable', 'The PDF could not be read: it is truncated or damaged.'],
  'too large': ['payload_too_large', 'The PDF takes too much memory to draw: ask for a smaller picture.'],
};

/**
 * Reads how many pages a PDF has, and the size of the one asked for, the first unless given; it is drawn on white. Throws
 * image_unreadable, invalid_request where there is no such page, and payload_too_large.
 */
export async function readPdf(
  content: Buffer,
  page: number | undefined,
  { threads, signal }: UploadDeps,
): Promise<Upload> {
  const request = { content, page: page ?? 1 };
  const { pages, ...points } = await runInThread('readPdf', request, { threads, signal });
  assertPage(page, pages);
  if (!(points.width > 0 && points.height > 0)) throw refuse('damaged');
  const own = ownSize(points);
  // What is drawn has one page; that one was chosen is known all the same.
  const ofFile = { format: 'pdf', pages, page: page === undefined ? undefined : 1 } as const;
  const drawAt = (size: Size): Readable => {
    const decodeBytes = PDF_BYTES + DOCUMENT_BYTES / (size.width * size.height);
    return {
      facts: { ...size, ...ofFile, frames: 1, hasAlpha: false, canShrink: false, decodeBytes },
      async open() {
        const { data } = await runInThread('drawPdf', { ...request, ...size }, { threads, signal });
        const { file, pixels } = draftTiff({ ...size, channels: 3 });
        pixels.set(data);
        const source = await readSource(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
        return { ...source, ...ofFile, own: inPixels(own) };
      },
    };
  };
  return {
    ...drawAt(inPixels(own)),

    drawFor(renditions) {
      const { size, renditionOf } = chooseDrawnSize(own, renditions);
      return { ...drawAt(size), renditionOf };
    },
  };
}

/** Returns how large a page of that size, in points, is where no size is asked for; crops and regions count its pixels. */
export function ownSize({ width, height }: Size): Size {
  const most = Math.min(LARGEST.side / Math.max(width, height), Math.sqrt(LARGEST.pixels / (width * height)));
  const scale = Math.min(SCALE, most);
  return { width: width * scale, height: height * scale };
}

const refuse = (fault: PdfFault, cause?: unknown): AppError => {
  const [code, sentence] = SENTENCES[fault];
  return new AppError(code, sentence, { cause });
};

type PdfWork = 'readPdf' | 'drawPdf';

async function runInThread<Name extends PdfWork>(
  name: Name,
  request: ThreadWork[Name]['request'],
  { threads, signal }: { threads: ThreadPool; signal: AbortSignal },
): Promise<Exclude<ThreadWork[Name]['answer'], { fault: PdfFault }>> {
  const answer = await threads.run(name, request, signal).catch((error: unknown) => {
    throw isOutOfHeap(error) ? refuse('too large', error) : error;
  });
  if ('fault' in answer) throw refuse(answer.fault);
  return answer as Exclude<ThreadWork[Name]['answer'], { fault: PdfFault }>;
}
