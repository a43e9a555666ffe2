import { AppError } from '../../../src/errors.ts';
import type { PdfFault } from '../../../src/pdf-pages/pdf-page.ts';
import { draftTiff } from '../formats/heic/tiff.ts';
import type { Rendition } from '../input/rendition.ts';
import { PDF_BYTES } from '../picture/decode-memory.ts';
import type { Size } from '../picture/size.ts';
import { assertPage, readSource } from '../picture/source.ts';
import { atDensity, scaledSize } from '../pipeline/geometry.ts';
import { isOutOfHeap, type ThreadPool } from '../threads/pool.ts';
import type { ThreadWork } from '../threads/thread.ts';
import type { AskedPicture, Upload, UploadDeps } from './upload.ts';

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
 * Reads how many pages a PDF has, and the size of the one asked for. It is drawn as large as the largest rendition needs it,
 * on white. Throws image_unreadable, invalid_request where there is no such page, and payload_too_large.
 */
export async function readPdf(content: Buffer, asked: AskedPicture, { threads, signal }: UploadDeps): Promise<Upload> {
  const { page = 1, renditions = [] } = asked;
  const { pages, ...points } = await runInThread('readPdf', { content, page }, { threads, signal });
  assertPage(page, pages);
  if (!(points.width > 0 && points.height > 0)) throw refuse('damaged');
  const size = chooseSize(points, renditions);
  // What is drawn has one page; that one was chosen is known all the same.
  const ofFile = { format: 'pdf', pages, page: asked.page === undefined ? undefined : 1 } as const;
  const decodeBytes = PDF_BYTES + DOCUMENT_BYTES / (size.width * size.height);
  const facts = { ...size, ...ofFile, frames: 1, hasAlpha: false, canShrink: false, decodeBytes };
  return {
    facts,
    bytes: content.length,
    async open() {
      const { data } = await runInThread('drawPdf', { content, page, ...size }, { threads, signal });
      const { file, pixels } = draftTiff({ ...size, channels: 3 });
      pixels.set(data);
      const source = await readSource(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
      return { ...source, ...ofFile };
    },
  };
}

/** Chooses how large a page of that size, in points, is drawn. Crops and regions count pixels at 144 an inch. */
export function chooseSize(points: Size, renditions: readonly Rendition[]): Size {
  const isFixed = renditions.length === 0 || renditions.some(({ crop, trim, regions }) => crop ?? trim ?? regions);
  const most = Math.min(
    LARGEST.side / Math.max(points.width, points.height),
    Math.sqrt(LARGEST.pixels / (points.width * points.height)),
  );
  const usual = Math.min(SCALE, most);
  const scale = isFixed ? usual : Math.max(...renditions.map((rendition) => scaleOf(points, rendition) ?? usual));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(points.width), height: side(points.height) };
}

/** How many pixels a rendition needs of a point; undefined where it asks for no size. */
function scaleOf(points: Size, asked: Rendition): number | undefined {
  const rendition = atDensity({ ...asked, enlarge: true });
  if (rendition.width === undefined && rendition.height === undefined) return undefined;
  const scaled = scaledSize(points, rendition);
  const [across, down] = rendition.rotate % 180 === 0 ? [scaled.width, scaled.height] : [scaled.height, scaled.width];
  return Math.max(across / points.width, down / points.height);
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
