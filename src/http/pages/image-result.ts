import { thumbHashToDataURL } from 'thumbhash';
import type { FileView, JobView } from '../../jobs/job-view.ts';
import type { StoredFile } from '../../jobs/stored-file.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { formatBytes, formatNumber } from './formats.ts';

/** What every browser can show as a picture. */
export const SHOWN_AS_PICTURE = /^image\/(jpeg|png|webp|avif|gif)$/;
/** Sides rounded to whole pixels differ by less in their proportion. */
const SAME_SHAPE = 0.02;

interface Sides {
  width: number;
  height: number;
}

/** What an image job made of its source, as its page shows it. */
export interface ImageResult {
  /** How many bytes there were and how many are left, in a sentence. */
  saved: string;
  /** The upload and the largest rendition that shows the same; null where a browser can't show both. */
  compared: { before: string; after: string; name: string; width: number; height: number } | null;
  /** A picture of some 30 pixels, as data: address, and the colour that prevails. */
  preview: { src: string; dominant: string } | null;
  /** `<picture>` element to be pasted. */
  markup: string | null;
}

interface Rendition extends Sides {
  file: string;
  bytes: number;
}

/** What an image job's result says beyond its files; null for any other job and before the end. */
export function describeImages(job: StoredJob, { id, result }: JobView): ImageResult | null {
  const source = result?.['source'] as (Sides & { bytes: number }) | undefined;
  const renditions = result?.['renditions'] as Rendition[] | undefined;
  if (!result || !source?.bytes || !renditions?.length) return null;
  const { placeholder, dominant, picture } = result;
  const known = typeof placeholder === 'string' && typeof dominant === 'string';
  return {
    saved: describeSaving(source.bytes, renditions),
    compared: findUploadedPicture(job) ? compare(id, source, renditions, result.files) : null,
    preview: known ? { src: thumbHashToDataURL(Buffer.from(placeholder, 'base64')), dominant } : null,
    markup: typeof picture === 'string' ? picture : null,
  };
}

/** The upload of an image job, where a browser can show it. */
export function findUploadedPicture({ kind, envelope }: StoredJob): StoredFile | undefined {
  const { file } = envelope.uploads ?? {};
  return kind === 'images' && file && SHOWN_AS_PICTURE.test(file.type) ? file : undefined;
}

/** How much smaller or larger than its source a file is: "96 % smaller". */
export function describeChange(sourceBytes: number, bytes: number): string {
  const percent = Math.round((100 * Math.abs(sourceBytes - bytes)) / sourceBytes);
  if (percent === 0) return 'about the same size';
  // Something is left, so never "100 % smaller".
  if (percent === 100 && bytes < sourceBytes) return 'more than 99 % smaller';
  return `${formatNumber(percent)} % ${bytes < sourceBytes ? 'smaller' : 'larger'}`;
}

function describeSaving(sourceBytes: number, renditions: Rendition[]): string {
  const [first, ...others] = renditions.toSorted((one, other) => one.bytes - other.bytes);
  if (!first) return '';
  const source = formatBytes(sourceBytes);
  const change = describeChange(sourceBytes, first.bytes);
  if (others.length === 0) return `${source} came in, ${formatBytes(first.bytes)} came out: ${change}.`;
  const all = renditions.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${source} came in. The ${renditions.length} renditions have ${formatBytes(all)} together; the smallest is ${change}.`;
}

function compare(id: string, source: Sides, renditions: Rendition[], files: FileView[]): ImageResult['compared'] {
  const shown = renditions.filter(({ file, ...sides }) => {
    const type = files.find(({ name }) => name === file)?.type ?? '';
    return SHOWN_AS_PICTURE.test(type) && haveSameShape(sides, source);
  });
  const [largest] = shown.toSorted((one, other) => other.width - one.width || one.bytes - other.bytes);
  const file = files.find(({ name }) => name === largest?.file);
  if (!largest || !file) return null;
  const { width, height } = largest;
  return { before: `/jobs/${id}/source`, after: file.url, name: file.name, width, height };
}

function haveSameShape(one: Sides, other: Sides): boolean {
  const [first, second] = [one.width / one.height, other.width / other.height];
  return Math.abs(first - second) <= SAME_SHAPE * Math.max(first, second);
}
