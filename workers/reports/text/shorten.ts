const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Returns the text, or as much of its start as has room in `width` points with an ellipsis behind it. */
export function shorten(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
  let [shortest, tooLong] = [0, parts.length];
  while (tooLong - shortest > 1) {
    const middle = (shortest + tooLong) >> 1;
    if (measure(`${parts.slice(0, middle).join('').trimEnd()}…`) <= width) shortest = middle;
    else tooLong = middle;
  }
  return `${parts.slice(0, shortest).join('').trimEnd()}…`;
}
