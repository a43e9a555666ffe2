import { defineJob, type JobContract } from '../../src/jobs/contract.ts';
import type { FileReference } from '../../src/jobs/files/file-reference.ts';
import { HEAD_BYTES, inspectImage } from './formats/header.ts';
import { FIELD_HINTS } from './input/hints.ts';
import { createInput, type ImagesInput } from './input/images-input.ts';
import { loadPresets, type Presets } from './input/presets.ts';
import { type ImagesResult, imagesResult } from './result/images-result.ts';
import { writePictureElement } from './result/picture-element.ts';
import { savedAs } from './result/saved-as.ts';
import type { ImagesConfig } from './settings.ts';

/** The form field of the image itself. */
const FIELD = 'file';

/** Makes the images kind: one upload, up to 20 renditions of it, which may name the presets given. */
export function createImages(presets: Presets): JobContract<ImagesInput, ImagesResult, ImagesConfig> {
  return defineJob<ImagesInput, ImagesResult, ImagesConfig>({
    kind: 'images',
    idPrefix: 'img',
    summary: 'Resizes an image and converts it to other formats.',
    input: createInput(presets),
    result: imagesResult,
    fieldHints: FIELD_HINTS,
    attempts: 3,
    backoff: { firstMs: 2000, factor: 4, maxMs: 60_000 },
    timeoutMs: (config: ImagesConfig) => config.IMAGES_TIMEOUT_SECONDS * 1000,
    accepts: 'upload',
    upload: {
      field: FIELD,
      maxBytes: (config: ImagesConfig) => config.IMAGES_MAX_BYTES,
      rawTypes: ['image/*', 'application/pdf', 'application/octet-stream'],
      headBytes: HEAD_BYTES,
      inspect: inspectImage,
      isReferenced: ({ source }) => source !== undefined,
      files: watermarkFields,
    },
    batch: { path: 'batch', field: 'images', max: 500, files: true },
    title: (_input, uploads) => uploads['file']?.name,
    facts: (_input, { file }) => (file ? { file: file.name } : {}),
    references: referencesOf,
    makes: ['image/*'],
    savedAs,
    derive: (preset, source) => ({ preset, source }),
    present: (done, urlOf) => ({ picture: writePictureElement(done, urlOf) }),
    // An object under this name is the job's own metadata, given back as it came.
    isOwnField: (name, value) => name === 'metadata' && typeof value === 'string',
    configure: (config) => createImages(loadPresets(config)),
    example: { width: 800, format: 'webp' },
  });
}

/** Lists the form fields whose files are watermarks, each once. */
const watermarkFields = ({ renditions }: ImagesInput): string[] => {
  const names = renditions.flatMap(({ watermark: { job, file } = {} }) => (job === undefined && file) || []);
  return [...new Set(names)].filter((name) => name !== FIELD);
};

/** Lists the uploads and results of other jobs that are the source or a watermark. */
function referencesOf({ source, renditions, isSet }: ImagesInput): FileReference[] {
  const found: FileReference[] = [];
  const add = (named: { job?: string | undefined; upload?: string | undefined }, place: string, field: string) => {
    if (named.job !== undefined) found.push({ id: named.job, pointer: `${place}/job` });
    if (named.upload !== undefined) found.push({ id: named.upload, pointer: `${place}/upload`, field });
  };
  if (source && !('url' in source)) add(source, '/source', FIELD);
  for (const [index, { watermark }] of renditions.entries()) {
    const place = isSet || renditions.length === 1 ? '/watermark' : `/renditions/${index}/watermark`;
    // Those of a set share their watermark.
    if (watermark && !(isSet && index > 0)) add(watermark, place, 'watermark');
  }
  return found;
}

/** The images kind without presets, as it is known before the settings are read. */
export const images = createImages({});
