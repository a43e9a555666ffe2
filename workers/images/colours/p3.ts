import { P3_PRIMARIES, SRGB_PRIMARIES } from './coding.ts';
import { apply, invert, lightToXyz, multiply } from './matrix.ts';

const TO_P3 = multiply(invert(lightToXyz(P3_PRIMARIES)), lightToXyz(SRGB_PRIMARIES));

const decode = (share: number) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
const encode = (light: number) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);

/** Returns a colour of sRGB (#rgb to #rrggbbaa) as it is said in Display P3; any other text as it is. */
export function toP3Colour(colour: string): string {
  const [, digits = ''] = /^#([0-9a-f]{3,8})$/i.exec(colour) ?? [];
  const long = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits;
  if (long.length !== 6 && long.length !== 8) return colour;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) =>
    decode(Number.parseInt(long.slice(at, at + 2), 16) / 255),
  );
  const written = apply(TO_P3, [red, green, blue]).map((light) =>
    Math.round(255 * encode(Math.min(Math.max(light, 0), 1)))
      .toString(16)
      .padStart(2, '0'),
  );
  return `#${written.join('')}${long.slice(6)}`;
}
