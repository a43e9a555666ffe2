import { createRequire } from 'node:module';
import { lazy } from '../lazy.ts';
import { DrawingError } from './drawing-error.ts';

/** Loaded at the first picture inside a drawing. */
const sizeReader = lazy(() => createRequire(import.meta.url)('image-size') as typeof import('image-size'));

/** Where CSS names something: the quotes are optional. */
const URL = /url\(\s*(["']?)([^"')]*)/gi;
/** What may stand for a letter in CSS: its number and one space, or the letter itself; before a line's end, nothing. */
const ESCAPE = /\\(?:([\da-f]{1,6})(?:\r\n|\s)?|(\r\n|[\s\S]))/gi;
/** Pictures that may lie in a drawing; one that is a drawing again would have to be checked in turn. */
const PICTURE = /^data:image\/(?:png|jpe?g|gif|webp)\s*;\s*base64\s*,/i;
/** Of a picture inside, so many characters are enough to show its size. */
const HEAD_LENGTH = 87_384;
const SHOWN_LENGTH = 60;

/** Checks what a drawing refers to, and counts the pixels of the pictures in it. */
export interface ReferenceCheck {
  /** Checks where a reference points: into the drawing itself, or at a picture that it holds. Throws DrawingError. */
  href(target: string): void;
  /** Checks what CSS refers to: the value of an attribute, or the text of a style sheet. Throws DrawingError. */
  css(text: string): void;
}

/** How many pixels a picture has, as its first bytes show; 0 where they don't. */
function countPixels(head: Buffer): number {
  try {
    // A copy of its own: image-size reads through `head.buffer`, and a pooled buffer goes on behind the head.
    const { width, height } = sizeReader().imageSize(new Uint8Array(head));
    return width * height;
  } catch {
    return 0;
  }
}

const unescapeCss = (text: string): string =>
  text.replace(ESCAPE, (_all, number: string | undefined, letter = '') => {
    if (number === undefined) return /[\r\n\f]/.test(letter) ? '' : letter;
    const code = Number.parseInt(number, 16);
    return code > 0x10_ff_ff ? '\ufffd' : String.fromCodePoint(code);
  });

/** Makes the check of a drawing whose pictures may have so many pixels together. */
export function createReferenceCheck(maxPixels: number): ReferenceCheck {
  let pixels = 0;
  const refuse = (target: string): never => {
    const shown = target.slice(0, SHOWN_LENGTH);
    throw new DrawingError(`refers to something outside of itself ("${shown}"): put that into the file`);
  };
  const countPicture = (target: string) => {
    if (!PICTURE.test(target)) {
      if (!/^data:/i.test(target)) refuse(target);
      throw new DrawingError('holds a picture that is no PNG, JPEG, GIF or WebP in base64');
    }
    const head = Buffer.from(target.slice(target.indexOf(',') + 1, HEAD_LENGTH), 'base64');
    pixels += countPixels(head);
    if (pixels <= maxPixels) return;
    throw new DrawingError(
      `holds pictures of more than ${maxPixels.toLocaleString('en-US')} pixels`,
      'payload_too_large',
    );
  };
  return {
    href(target) {
      const trimmed = target.trim();
      if (trimmed === '' || trimmed.startsWith('#')) return;
      countPicture(trimmed);
    },
    css(text) {
      // As it stands too: an escaped quote is none.
      for (const words of text.includes('\\') ? [text, unescapeCss(text)] : [text]) {
        if (/@import/i.test(words)) {
          throw new DrawingError('imports a style sheet (@import): put its rules into the file');
        }
        for (const [, , target = ''] of words.matchAll(URL)) {
          const trimmed = target.trim();
          // Fonts that a drawing brings along are passed over, as other data are.
          if (trimmed !== '' && !trimmed.startsWith('#') && !/^data:/i.test(trimmed)) refuse(trimmed);
        }
      }
    },
  };
}
