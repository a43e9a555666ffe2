import { AppError } from '../../../src/errors.ts';
import type { FileReference } from '../../../src/jobs/files/file-reference.ts';
import { findNamedFile, sayNamed } from '../../../src/jobs/files/job-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import type { NamedSource, PictureSource } from '../input/image.ts';
import type { ReportInput } from '../report-input.ts';
import { mapPictures } from './map-pictures.ts';
import { nameCells } from './name-cells.ts';

/** The types of pictures that a report takes. */
const PICTURES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/svg+xml'];
/** Most bytes of all pictures together that a report takes from uploads and other jobs. */
const MAX_FETCHED_BYTES = 100_000_000;

/** A picture that lies elsewhere, and which one it is. */
interface NamedPicture {
  source: NamedSource;
  name: string;
}

/** The pictures of a report that lie elsewhere, by the pointer to what names them. */
function findNamedImages(input: ReportInput): Map<string, NamedPicture> {
  const found = new Map<string, NamedPicture>();
  mapPictures(input, (source, pointer, name) => {
    if (!('content' in source)) found.set(pointer, { source, name });
    return source;
  });
  return found;
}

/** The uploads and the results of other jobs that are a report's pictures. */
export const imageReferences = (input: ReportInput): FileReference[] =>
  Array.from(findNamedImages(input), ([pointer, { source }]): FileReference => {
    if ('job' in source) return { id: source.job, pointer: `${pointer}/job` };
    const limit = { what: 'pictures', bytes: MAX_FETCHED_BYTES };
    return { id: source.upload, pointer: `${pointer}/upload`, types: PICTURES, limit };
  });

/** Reads one picture; `name` begins the sentence that says why it can't be shown. */
async function fetchImage(source: NamedSource, name: string, room: number, context: RunContext): Promise<Buffer> {
  const stored = await findNamedFile(source, context);
  if (!PICTURES.includes(stored.type)) {
    const message =
      `${name} is ${stored.name} of ${sayNamed(source)}, of the type ${stored.type}. ` +
      'A report takes PNG, JPEG, WebP, GIF and SVG: ask that job for a rendition of format png, jpeg or webp.';
    throw new AppError('report_failed', message);
  }
  if (stored.bytes > room) {
    const limit = `${(MAX_FETCHED_BYTES / 1e6).toLocaleString('en')} MB`;
    throw new AppError(
      'report_failed',
      `${name} is one too many: pictures of uploads and other jobs may have ${limit} together.`,
    );
  }
  try {
    return await context.storage.read(stored.key);
  } catch (cause) {
    if (!(cause instanceof AppError && cause.code === 'not_found')) throw cause;
    const message = `${name} is ${stored.name} of ${sayNamed(source)}, which was erased.`;
    throw new AppError('source_unavailable', message, { cause });
  }
}

/**
 * The report with the pictures of uploads and other jobs inside it, and texts for those in cells; each file is read once. Throws
 * AppError: waiting_for_job, source_unavailable, report_failed for a picture that no PDF can hold, storage_unavailable.
 */
export async function loadImages(input: ReportInput, context: RunContext): Promise<ReportInput> {
  const contents = new Map<string, string>();
  const keyOf = (source: NamedSource) => JSON.stringify(source);
  let room = MAX_FETCHED_BYTES;
  for (const { source, name } of findNamedImages(input).values()) {
    if (contents.has(keyOf(source))) continue;
    const content = await fetchImage(source, name, room, context);
    room -= content.length;
    contents.set(keyOf(source), content.toString('base64'));
  }
  const fill = (source: PictureSource): PictureSource => {
    const content = 'content' in source ? undefined : contents.get(keyOf(source));
    return content === undefined ? source : { content };
  };
  return nameCells(contents.size > 0 ? mapPictures(input, fill) : input);
}
