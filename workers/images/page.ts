import type { JobContract } from '../../src/jobs/contract.ts';
import { formatBytes } from '../../src/kinds/formats.ts';
import type { KindForm, KindPage } from '../../src/kinds/page.ts';
import { toSchema } from '../../src/openapi/schemas.ts';
import { describeImageJob } from './card.ts';
import type { ImagesInput } from './input/images-input.ts';
import type { ImagesConfig } from './settings.ts';

/** The upload form of the first page; it posts the API's own fields. */
const form: KindForm = {
  path: '/v1/images',
  view: '@images/form',
  fields: {
    preset: '',
    width: '800',
    height: '',
    fit: '',
    format: '',
    quality: '',
    enlarge: '',
    widths: '',
    formats: '',
    aspectRatio: '',
    radius: '',
    text: '',
    alt: '',
    file: '',
  },
  hasFiles: true,
  refill: (input) => refill(input as ImagesInput),
  takeUploads(input) {
    const { source, ...rest } = input as ImagesInput;
    return source && 'upload' in source ? { input: rest, uploads: { file: source.upload } } : { input, uploads: {} };
  },
  data: (settings, contract) => {
    const { IMAGES_MAX_BYTES: maxBytes } = settings as ImagesConfig;
    return { maxBytes, maxSize: formatBytes(maxBytes), presets: presetsOf(contract) };
  },
};

/** What a person typed, as far as the job's options say it. */
function refill({ renditions, isSet, alt = '' }: ImagesInput): Record<string, string> {
  const [first] = renditions;
  const { width, height, fit, format, quality, enlarge, aspectRatio, radius, text, name = '' } = first ?? {};
  const distinct = (values: unknown[]): string => [...new Set(values)].join(', ');
  const hasWidths = isSet && /(^|-)w\d+(-|$)/.test(name);
  const hasFormats = isSet && format !== undefined && name.endsWith(format);
  return {
    preset: '',
    width: hasWidths ? '' : String(width ?? ''),
    height: String(height ?? ''),
    fit: fit ?? '',
    format: hasFormats ? '' : (format ?? ''),
    quality: String(quality ?? ''),
    enlarge: enlarge ? 'true' : '',
    widths: hasWidths ? distinct(renditions.map((rendition) => rendition.width)) : '',
    formats: hasFormats ? distinct(renditions.map((rendition) => rendition.format)) : '',
    aspectRatio: aspectRatio ?? '',
    radius: String(radius ?? ''),
    text: text?.text ?? '',
    alt,
  };
}

/** What pages show of the images kind. */
export const page: KindPage = {
  name: 'Image',
  forms: [form],
  assets: { styles: ['images/result', 'images/pictures'], scripts: ['images/form', 'images/result'] },
  describe: describeImageJob,
};

/** The values that the field `preset` may have. */
function presetsOf({ input }: JobContract): string[] {
  const names = toSchema(input, 'input').properties?.['preset']?.['enum'];
  return Array.isArray(names) ? names.map(String) : [];
}
