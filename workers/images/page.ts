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
  fields: { preset: '', width: '800', height: '', fit: '', format: '', quality: '', file: '' },
  hasFiles: true,
  refill(input) {
    const { renditions } = input as ImagesInput;
    const { width, height, fit, format, quality } = renditions[0] ?? {};
    return {
      preset: '',
      width: String(width ?? ''),
      height: String(height ?? ''),
      fit: fit ?? '',
      format: format ?? '',
      quality: String(quality ?? ''),
    };
  },
  takeUploads(input) {
    const { source, ...rest } = input as ImagesInput;
    return source && 'upload' in source ? { input: rest, uploads: { file: source.upload } } : { input, uploads: {} };
  },
  data: (settings, contract) => {
    const { IMAGES_MAX_BYTES: maxBytes } = settings as ImagesConfig;
    return { maxBytes, maxSize: formatBytes(maxBytes), presets: presetsOf(contract) };
  },
};

/** What pages show of the images kind. */
export const page: KindPage = {
  name: 'Image',
  forms: [form],
  assets: { styles: ['images/result'], scripts: ['images/form', 'images/result'] },
  describe: describeImageJob,
};

/** The values that the field `preset` may have. */
function presetsOf({ input }: JobContract): string[] {
  const names = toSchema(input, 'input').properties?.['preset']?.['enum'];
  return Array.isArray(names) ? names.map(String) : [];
}
