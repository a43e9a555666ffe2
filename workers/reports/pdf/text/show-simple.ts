import type { TextUnit } from '../../fonts/font-stack.ts';
import type { EmbeddedFont } from './embedded-font.ts';

const [OPEN_LIST, OPEN_CODES, CLOSE_CODES, ESCAPE] = [0x5b, 0x28, 0x29, 0x5c];
/** A reader takes a bare carriage return in a string for a line feed. */
const [CARRIAGE_RETURN, LETTER_R] = [0x0d, 0x72];
const END = '] TJ';
/** The most bytes that one character takes: its code, and a step with its brackets. */
const MOST_BYTES = 40;
const SPACE = 0x20;

/** Bytes that are written again for each text: strings that grow letter by letter are mostly garbage. */
let bytes = Buffer.alloc(4096);

const round = (number: number): number => Math.round(number * 1000) / 1000;

/** Steps as they are written; the same pairs of letters come again and again. */
const steps = new Map<number, string>();
const MOST_STEPS = 20_000;

/** Writes a step, and returns where the next byte goes: digits one by one, since they are few. */
function writeStep(step: number, at: number): number {
  let text = steps.get(step);
  if (text === undefined) {
    if (steps.size >= MOST_STEPS) steps.clear();
    text = `${step} `;
    steps.set(step, text);
  }
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/** Writes a byte of a PDF string, and returns where the next one goes. */
function writeByte(byte: number, at: number): number {
  let next = at;
  const isReturn = byte === CARRIAGE_RETURN;
  if (isReturn || byte === OPEN_CODES || byte === CLOSE_CODES || byte === ESCAPE) bytes[next++] = ESCAPE;
  bytes[next++] = isReturn ? LETTER_R : byte;
  return next;
}

/**
 * Shows simple text, see SimpleText. The operand of TJ has codes, as bytes (as digits they would be twice as many to
 * deflate), and between two of them how far to step back.
 */
export function showSimple({ font: { simple }, text }: TextUnit, embedded: EmbeddedFont): string {
  const most = text.length * MOST_BYTES + MOST_BYTES;
  if (bytes.length < most) bytes = Buffer.alloc(2 * most);
  let length = 0;
  let last = SPACE;
  let back = 0;
  bytes[length++] = OPEN_LIST;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (index > 0) back -= simple.kern(last, code);
    const step = back === 0 ? 0 : round(back);
    if (step !== 0) {
      bytes[length++] = CLOSE_CODES;
      length = writeStep(step, length);
      // What was rounded off is kept for the next step.
      back -= step;
    }
    if (index === 0 || step !== 0) bytes[length++] = OPEN_CODES;
    const glyph = embedded.encodeSimple(code);
    length = writeByte(glyph >> 8, length);
    length = writeByte(glyph & 0xff, length);
    last = code;
  }
  if (text !== '') bytes[length++] = CLOSE_CODES;
  return bytes.toString('latin1', 0, length) + END;
}
