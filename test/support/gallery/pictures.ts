import sharp, { type Sharp } from 'sharp';
import { createRandom } from '../hostile/files.ts';

type Colour = readonly [number, number, number];

const mix = (one: Colour, other: Colour, share: number): Colour => [
  one[0] + (other[0] - one[0]) * share,
  one[1] + (other[1] - one[1]) * share,
  one[2] + (other[2] - one[2]) * share,
];

/** A picture of pixels, each coloured by its place (0-1 from the left and the top), with the grain of a camera. */
function paint(width: number, height: number, colourAt: (x: number, y: number) => Colour): Sharp {
  const random = createRandom(7);
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const grain = (random() - 0.5) * 14;
      const colour = colourAt(x / width, y / height);
      for (let channel = 0; channel < 3; channel += 1) {
        data[(y * width + x) * 3 + channel] = Math.max(0, Math.min(255, (colour[channel] ?? 0) + grain));
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const ridge = (x: number, seed: number) =>
  [1, 2.3, 5.1, 11.7, 23.9].reduce(
    (sum, pitch, octave) => sum + Math.sin(x * 6 * pitch + seed * pitch) / 2 ** octave,
    0,
  );

/** Five rows of hills before an evening sky with a low sun at the right: soft gradients, fine edges, a clear main thing. */
export function paintHills(width = 1200, height = 800): Sharp {
  return paint(width, height, (x, y) => {
    for (let row = 4; row >= 0; row -= 1) {
      const top = 0.5 + row * 0.1 + 0.035 * (row + 1) * ridge(x, row * 3 + 1) * 0.6;
      if (y > top) return mix(mix([158, 140, 170], [22, 44, 36], row / 4), [12, 26, 22], (y - top) * 0.8);
    }
    const sky = mix([46, 78, 140], [250, 190, 130], Math.min(1, y * 1.7));
    const fromSun = Math.hypot((x - 0.72) * (width / height), y - 0.34);
    return fromSun < 0.055 ? [255, 244, 214] : mix(sky, [255, 226, 170], Math.max(0, 0.7 - fromSun * 2));
  });
}

/** An upright still life: three balls on a table, lit from the left. */
export function paintBalls(width = 800, height = 1000): Sharp {
  const balls = [
    { x: 0.32, y: 0.62, radius: 0.2, colour: [205, 60, 52] as Colour },
    { x: 0.68, y: 0.66, radius: 0.17, colour: [236, 186, 62] as Colour },
    { x: 0.55, y: 0.4, radius: 0.12, colour: [64, 132, 96] as Colour },
  ];
  return paint(width, height, (x, y) => {
    for (const { x: left, y: top, radius, colour } of balls) {
      const [across, down] = [(x - left) / radius, ((y - top) * (height / width)) / radius];
      const distance = Math.hypot(across, down);
      if (distance > 1) continue;
      const light = Math.max(0, 1 - Math.hypot(across + 0.4, down + 0.45));
      return mix(mix(colour, [20, 16, 24], distance ** 3 * 0.75), [255, 255, 250], light ** 3);
    }
    return y > 0.72 ? mix([120, 84, 60], [70, 46, 36], (y - 0.72) * 3) : mix([196, 202, 204], [122, 132, 140], x);
  });
}

/** A mark with transparency around and half transparency within, for watermarks. */
export function paintMark(side = 200): Sharp {
  const data = Buffer.alloc(side * side * 4);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const distance = Math.hypot(x - side / 2, y - side / 2) / (side / 2);
      const alpha = distance > 0.95 ? 0 : distance > 0.7 ? 255 : distance > 0.35 ? 90 : 255;
      data.set([255, 255, 255, alpha], (y * side + x) * 4);
    }
  }
  return sharp(data, { raw: { width: side, height: side, channels: 4 } });
}
