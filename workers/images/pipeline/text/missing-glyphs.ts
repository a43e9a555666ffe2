import type { Rendition } from '../../input/rendition.ts';
import type { Pixels } from '../../picture/pixels.ts';
import type { ImageWarning } from '../../result/images-result.ts';
import { typeset } from './typeset.ts';

/** The bundled fonts have these: they need not be looked at. */
const SURE = /[\u0020-\u007e\u00a0-\u024f\s]/;
/** Marks are drawn on their letter; of others, such as joiners, nothing is seen. */
const UNSEEN = /[\p{M}\p{Cc}\p{Default_Ignorable_Code_Point}]/u;
/** Characters that no font has, ever, of as many digits as others: Pango draws a box with the digits in it. */
const NOBODYS = ['\ufdd0', '\u{1fffe}'] as const;
/** The box's frame is so thick at least at this size. */
const FRAME = 2;
const TRIED_SIZE = 32;
/** So many answers are kept. */
const MOST_ANSWERS = 5000;
/** So many characters a warning names. */
const MOST_NAMED = 10;

const answers = new Map<string, boolean>();

/** Warns of the characters of a rendition's text that no font has: boxes stand in their place. */
export async function listMissing({ name, text }: Rendition): Promise<ImageWarning[]> {
  const missing: string[] = [];
  for (const character of new Set(text?.text ?? '')) if (await isMissing(character)) missing.push(character);
  if (missing.length === 0) return [];
  const named = missing.slice(0, MOST_NAMED).map((one) => `"${one}" (U+${toHex(one)})`);
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
  const message = `No font has ${named.join(', ')}${more}: boxes stand in their place. Install a font of that script on the workers' machine.`;
  return [{ code: 'missing_glyph', message, rendition: name }];
}

const toHex = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

async function isMissing(character: string): Promise<boolean> {
  if (SURE.test(character) || UNSEEN.test(character)) return false;
  const known = answers.get(character);
  if (known !== undefined) return known;
  if (answers.size >= MOST_ANSWERS) answers.clear();
  const drawn = await drawAlone(character);
  const box = await drawAlone(NOBODYS[toHex(character).length > 4 ? 1 : 0]);
  const found = drawn !== undefined && box !== undefined && haveSameFrame(drawn, box);
  answers.set(character, found);
  return found;
}

const drawAlone = (character: string) => typeset(character, { size: TRIED_SIZE, colour: '#fff', align: 'left' });

/** Whether two pictures are of one size and alike along their edges: no letter has the frame of such a box. */
function haveSameFrame(one: Pixels, other: Pixels): boolean {
  const { width, height, channels } = one;
  if (width !== other.width || height !== other.height) return false;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const isInside = Math.min(x, y, width - 1 - x, height - 1 - y) >= FRAME;
      const at = (y * width + x) * channels + channels - 1;
      if (!isInside && one.data[at] !== other.data[at]) return false;
    }
  }
  return true;
}
