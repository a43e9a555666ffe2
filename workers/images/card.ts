import { thumbHashToDataURL } from 'thumbhash';
import type { FileView, JobView } from '../../src/jobs/job-view.ts';
import type { StoredJob } from '../../src/jobs/stored-job.ts';
import { formatBytes, formatNumber, isPicture } from '../../src/kinds/formats.ts';
import type { CardParts, FileNotes } from '../../src/kinds/page.ts';
import type { ImagesInput } from './input/images-input.ts';
import { haveSameShape } from './result/picture-element.ts';
import { savedAs } from './result/saved-as.ts';

interface Sides {
  width: number;
  height: number;
}

/** What an image job made of its source, as its page shows it. */
export interface ImageResult {
  /** How many bytes there were and how many are left, in a sentence. */
  saved: string;
  /** The upload (a path of ours) and the largest rendition that shows the same; null where a browser can't show both. */
  compared: { before: string; size: string; after: string; name: string; width: number; height: number } | null;
  /** A picture of some 30 pixels, as data: address, and the colour that prevails. */
  preview: { src: string; dominant: string } | null;
  /** Up to five colours, #rrggbb. */
  palette: string[];
  /** The renditions that could not be made, and why. */
  failed: { name: string; detail: string }[];
  /** `<picture>` element to be pasted. */
  markup: string | null;
  /** What each file is saved by, by its own name. */
  savedAs: Readonly<Record<string, string>>;
}

/** The source as the result has it. */
interface SourceFacts extends Sides {
  bytes: number;
  format: string;
}

interface Rendition extends Sides {
  name: string;
  file: string;
  bytes: number;
}

/** A rendition that could not be made. */
interface Failed {
  name: string;
  error: { detail: string };
}

/** Members of the result that the card shows in places of their own. */
const SHOWN = ['placeholder', 'dominant', 'palette', 'blurHash', 'perceptualHash', 'picture', 'alt'];

/** Describes an image job: each rendition beside its file, and in a part of its own what was made of the source. */
export function describeImageJob(job: StoredJob, view: JobView): CardParts {
  const made = describeImages(job, view);
  return {
    shown: SHOWN,
    files: describeRenditions(job, view),
    ...(made ? { part: { view: '@images/result', data: { images: made, id: view.id } } } : {}),
  };
}

interface RenditionFacts extends Sides {
  name: string;
  quality?: number | null;
  colours?: number;
}

/** What is known of each rendition's file, by the file's name. */
function describeRenditions(job: StoredJob, { result }: JobView): Record<string, FileNotes> {
  const { bytes: sourceBytes } = (result?.['source'] ?? {}) as { bytes?: number };
  const renditions = (result?.['renditions'] ?? []) as RenditionFacts[];
  const notes = (result?.files ?? []).map(({ name, bytes }): [string, FileNotes] => {
    const made = renditions.find((rendition) => rendition.name === name.replace(/\.[^.]*$/, ''));
    return [
      name,
      {
        savedAs: nameOf(job, name),
        width: made?.width,
        height: made?.height,
        beforeSize: made ? [describeSides(made, job)] : [],
        afterSize: [
          ...(typeof made?.quality === 'number' ? [`quality ${made.quality}`] : []),
          ...(made?.colours ? [`${made.colours} colours`] : []),
          ...(sourceBytes ? [describeChange(sourceBytes, bytes)] : []),
        ],
      },
    ];
  });
  return Object.fromEntries(notes);
}

/** The name that a file of the job is saved by. */
const nameOf = ({ envelope: { title = '' } }: StoredJob, file: string): string => savedAs(file, title) ?? file;

/** A rendition's sides, and that it is smaller than asked for, where it is: then its source is. */
function describeSides(made: RenditionFacts, { envelope }: StoredJob): string {
  const sides = `${formatNumber(made.width)} × ${formatNumber(made.height)}`;
  const { renditions = [] } = (envelope.input ?? {}) as Partial<ImagesInput>;
  const { enlarge = true, width, height } = renditions.find(({ name }) => name === made.name) ?? {};
  const isSmaller = (side: number, wanted: number | undefined) => wanted === undefined || side < wanted;
  const isAsked = !enlarge && (width ?? height) !== undefined;
  return isAsked && isSmaller(made.width, width) && isSmaller(made.height, height) ? `${sides}, not enlarged` : sides;
}

/** Describes what an image job made of its source; null before its end. */
export function describeImages(job: StoredJob, { result }: JobView): ImageResult | null {
  const source = result?.['source'] as SourceFacts | undefined;
  const all = (result?.['renditions'] ?? []) as (Rendition | Failed)[];
  const renditions = all.filter((one): one is Rendition => !('error' in one));
  if (!result || !source?.bytes || renditions.length === 0) return null;
  const { placeholder, dominant, palette, picture } = result;
  const known = typeof placeholder === 'string' && typeof dominant === 'string';
  return {
    saved: describeSaving(source.bytes, renditions),
    compared: hasShownSource(job, source) ? compare(job, source, renditions, result.files) : null,
    preview: known ? { src: thumbHashToDataURL(Buffer.from(placeholder, 'base64')), dominant } : null,
    palette: Array.isArray(palette) ? palette.map(String) : [],
    failed: all.flatMap((one) => ('error' in one ? [{ name: one.name, detail: one.error.detail }] : [])),
    markup: typeof picture === 'string' ? picture : null,
    savedAs: Object.fromEntries(result.files.map(({ name }) => [name, nameOf(job, name)])),
  };
}

/** Whether a browser can show what the job was made from: the file that it came with, or the upload that it names. */
function hasShownSource({ envelope: { input, uploads } }: StoredJob, { format }: SourceFacts): boolean {
  const file = uploads?.['file'];
  if (file) return isPicture(file.type);
  const { source } = (input ?? {}) as Partial<ImagesInput>;
  return source !== undefined && 'upload' in source && isPicture(`image/${format}`);
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

function compare(
  job: StoredJob,
  source: SourceFacts,
  renditions: Rendition[],
  files: FileView[],
): ImageResult['compared'] {
  const shown = renditions.filter(({ file, ...sides }) => {
    const type = files.find(({ name }) => name === file)?.type ?? '';
    return isPicture(type) && haveSameShape(sides, source);
  });
  const [largest] = shown.toSorted((one, other) => other.width - one.width || one.bytes - other.bytes);
  const file = files.find(({ name }) => name === largest?.file);
  if (!largest || !file) return null;
  const { width, height } = largest;
  const size = formatBytes(source.bytes);
  return { before: `/jobs/${job.id}/source`, size, after: file.url, name: nameOf(job, file.name), width, height };
}
