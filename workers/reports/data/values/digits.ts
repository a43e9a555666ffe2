/** The zeros of the scripts that have ten digits of their own, one after the other. */
const ZEROS = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
  0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
  0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xaa50, 0xabf0, 0xff10, 0xa9f0, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136,
  0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50,
  0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2,
  0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];
const ASCII = /^[\u0020-\u007e]*$/;
const WIDE = /[\u3000\uff01-\uffee\ufe50-\ufe6f]/;
const MARKS = /[\u061c\u200b-\u200f\u2066-\u2069\ufeff]/g;

/**
 * A text with the digits of every script as 0 to 9, spaces of every width as one sort, and signs of full width as
 * ordinary ones: what is left to tell apart is how a number or a date was written.
 */
export function plainDigits(text: string): string {
  const trimmed = text.trim();
  if (ASCII.test(trimmed)) return trimmed;
  const narrow = WIDE.test(trimmed) ? trimmed.normalize('NFKC') : trimmed;
  return narrow
    .replace(MARKS, '')
    .replace(/\p{Zs}/gu, ' ')
    .replace(/\p{Nd}/gu, (digit) => {
      const code = digit.codePointAt(0) ?? 0;
      const zero = ZEROS.find((first) => code >= first && code < first + 10);
      return zero === undefined ? digit : String(code - zero);
    })
    .trim();
}
