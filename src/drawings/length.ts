/** CSS pixels of a unit; those that depend on a font count as for letters of 16 pixels. */
const PIXELS: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 96 / 72,
  pc: 16,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  q: 96 / 101.6,
  em: 16,
  rem: 16,
  ex: 8,
  ch: 8,
};
/** The size of a drawing that says nothing of its size, as in browsers. */
const DEFAULT = { width: 300, height: 150 };
/** A longer side counts as this: no drawing is that large, and any figure may stand there. */
const MAX_SIDE = 1e9;

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** What a drawing's own element says of its size. */
export interface SizeAttributes {
  width?: string | undefined;
  height?: string | undefined;
  viewBox?: string | undefined;
}

/**
 * Reads a drawing's size in CSS pixels: from width and height, one of them from the other by the viewBox, both from the viewBox
 * where they are absent or shares of a page, else 300 x 150 as in browsers. A size of nothing is null.
 */
export function sizeOf({ width, height, viewBox }: SizeAttributes): Size | null {
  const box = readViewBox(viewBox);
  const [across, down] = [readLength(width), readLength(height)];
  const ratio = box ? box.width / box.height : DEFAULT.width / DEFAULT.height;
  const size = {
    width: across ?? (down === undefined ? (box?.width ?? DEFAULT.width) : box ? down * ratio : DEFAULT.width),
    height: down ?? (across === undefined ? (box?.height ?? DEFAULT.height) : box ? across / ratio : DEFAULT.height),
  };
  if (!(size.width > 0 && size.height > 0)) return null;
  return { width: Math.min(size.width, MAX_SIDE), height: Math.min(size.height, MAX_SIDE) };
}

/** Reads a length; undefined where there is none, or one that depends on a page. */
function readLength(text: string | undefined): number | undefined {
  const [, number, unit = ''] = text?.trim().match(/^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z]*)$/i) ?? [];
  const pixels = PIXELS[unit.toLowerCase()];
  return number === undefined || pixels === undefined ? undefined : Number(number) * pixels;
}

/** Reads a viewBox; undefined where there is none with an area. */
export function readViewBox(text: string | undefined): Size | undefined {
  const numbers = (text ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const [, , width = 0, height = 0] = numbers;
  return numbers.length === 4 && numbers.every(Number.isFinite) && width > 0 && height > 0
    ? { width, height }
    : undefined;
}
