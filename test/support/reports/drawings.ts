const SVG = 'xmlns="http://www.w3.org/2000/svg"';

/** Writes an SVG of those attributes around a content. */
export const svgOf = (content: string, attributes = 'width="100" height="100"'): Buffer =>
  Buffer.from(`<svg ${SVG} ${attributes}>${content}</svg>`);

/** A disc of 24 pixels, as icons are. */
export const ICON = svgOf(
  '<circle cx="12" cy="12" r="10" fill="#008080"/>',
  'width="24" height="24" viewBox="0 0 24 24"',
);

/** Elements that show each other, ten times each: as many as ten to that power. */
const uses = (power: number): string => {
  const levels = Array.from(
    { length: power },
    (_, level) => `<g id="a${level + 1}">${`<use href="#a${level}"/>`.repeat(10)}</g>`,
  );
  return `<defs><rect id="a0" width="9" height="9"/>${levels.join('')}</defs><use href="#a${power}"/>`;
};

const filtered = (filter: string, side: number) =>
  svgOf(
    `<filter id="f">${filter}</filter><rect filter="url(#f)" width="${side}" height="${side}"/>`,
    `width="${side}" height="${side}"`,
  );

/** Drawings of a few kilobytes that would take minutes or gigabytes, by what they are. */
export const HOSTILE_DRAWINGS: readonly (readonly [string, () => Buffer])[] = [
  ['a billion uses', () => svgOf(uses(9))],
  ['a chain of 200 filters over 16 megapixels', () => filtered('<feOffset dx="1"/>'.repeat(200), 4000)],
  ['a turbulence of 10,000 octaves', () => filtered('<feTurbulence baseFrequency="0.05" numOctaves="10000"/>', 2000)],
  ['a dilation by 900 pixels', () => filtered('<feMorphology operator="dilate" radius="900"/>', 2000)],
  ['a blur of 100,000 pixels', () => filtered('<feGaussianBlur stdDeviation="100000"/>', 2000)],
  ['a dash of a thousandth', () => svgOf('<path d="M0 0L1e7 1e7" stroke="red" stroke-dasharray="0.001"/>')],
  [
    '20,000 layers over each other',
    () => svgOf('<path d="M0 0L1e3 1e3L0 500Z" opacity=".5"/>'.repeat(20_000), 'width="1000" height="1000"'),
  ],
  ['a pattern in a pattern, twelve times', () => svgOf(patterns(12), 'width="1000" height="1000"')],
  ['elements 300 deep', () => svgOf('<g opacity=".5">'.repeat(300) + '</g>'.repeat(300))],
  ['an attribute of 9 MB', () => svgOf(`<path d="${'M0 0L9 9'.repeat(1_100_000)}"/>`)],
  ['200,000 elements', () => svgOf('<rect width="1" height="1"/>'.repeat(200_000))],
];

const patterns = (depth: number): string =>
  `${Array.from(
    { length: depth },
    (_, level) =>
      `<pattern id="p${level + 1}" width=".1" height=".1"><rect width="100%" height="100%" fill="url(#p${level})"/></pattern>`,
  ).join(
    '',
  )}<pattern id="p0" width=".1" height=".1"><rect width="5" height="5"/></pattern><rect width="1000" height="1000" fill="url(#p${depth})"/>`;
