import type { Page } from 'playwright-core';
import sharp from 'sharp';

/** A photo as a camera makes it: soft shapes with some noise, so that its size is that of a photo. */
export const drawScene = (width: number, height: number): Promise<Buffer> =>
  sharp({
    create: { width, height, channels: 3, background: '#1f5a8a', noise: { type: 'gaussian', mean: 128, sigma: 24 } },
  })
    .composite([
      {
        input: Buffer.from(
          `<svg width="${width}" height="${height}"><rect width="100%" height="45%" fill="#9ecbf2" fill-opacity="0.8"/><circle cx="75%" cy="22%" r="8%" fill="#ffe08a"/><path d="M0 ${height} L${width / 3} ${height / 3} L${width} ${height} Z" fill="#2d6b3f" fill-opacity="0.8"/></svg>`,
        ),
      },
    ])
    .jpeg({ quality: 88 })
    .toBuffer();

/** Files to be dropped: each is the scene, with bytes of its own behind its end; a broken one ends early. */
export interface Dropped {
  scene: Buffer;
  names: readonly string[];
  /** Names of those that end in the middle. */
  broken?: readonly string[];
}

/** Drops files onto the page, as a hand that comes from a folder does. */
export async function dropPictures(page: Page, { scene, names, broken = [] }: Dropped): Promise<void> {
  await page.evaluate(
    ({ base64, names, broken }) => {
      const whole = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)).buffer;
      const transfer = new DataTransfer();
      for (const name of names) {
        const parts = broken.includes(name) ? [whole.slice(0, 2000)] : [whole, name];
        transfer.items.add(new File(parts, name, { type: 'image/jpeg' }));
      }
      const event = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('drop', event));
    },
    { base64: scene.toString('base64'), names, broken },
  );
}
