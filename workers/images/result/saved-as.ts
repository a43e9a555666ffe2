import { IMAGE_FORMATS } from '../formats/image-format.ts';
import { RENDITION_DEFAULTS } from '../input/rendition.ts';

/** What an upload is called that came without a name. */
const NAMELESS = 'upload';
/** The names that the renditions of a set have where the request gave none: `w400`, `w400-avif`, `avif`. */
const OF_A_SET = new RegExp(`^(w\\d+|(w\\d+-)?(${IMAGE_FORMATS.join('|')}))$`);

/**
 * Returns the name to save a rendition's file by, after the upload's: `IMG_2041 holiday.webp`, of a set
 * `IMG_2041 holiday-w400-avif.avif`. Undefined where the request named the rendition, or the upload had no name.
 */
export function savedAs(file: string, upload: string): string | undefined {
  const [, name = '', ending = ''] = /^(.*)(\.[^.]*)$/.exec(file) ?? [];
  const stem = upload.replace(/\.[a-z0-9]{1,5}$/i, '').trim();
  if (stem === '' || upload === NAMELESS) return undefined;
  if (name === RENDITION_DEFAULTS.name) return `${stem}${ending}`;
  return OF_A_SET.test(name) ? `${stem}-${name}${ending}` : undefined;
}
