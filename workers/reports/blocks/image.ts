import type { Fragment } from '../layout/fragment.ts';
import { BLOCK_GAP } from '../layout/style.ts';
import type { Block } from '../model.ts';
import type { Tag } from '../pdf/tags/tag.ts';
import type { BlockSetting } from './setting.ts';

type ImageBlock = Extract<Block, { type: 'image' }>;

/** Without a width a picture is printed at 96 pixels an inch, as a browser shows it. */
const POINTS_PER_PIXEL = 0.75;

/** A picture in its own proportions, never wider than the line nor higher than the page. */
export function layoutImage(block: ImageBlock, width: number, setting: BlockSetting): Fragment[] {
  const image = setting.images.get(block);
  if (!image) return [];
  const asked = block.width ? (width * Number.parseInt(block.width, 10)) / 100 : image.width * POINTS_PER_PIXEL;
  const shownWidth = Math.min(asked, width, (setting.bodyHeight * image.width) / image.height);
  const shownHeight = Math.min((shownWidth * image.height) / image.width, setting.bodyHeight);
  // An empty text marks decoration.
  const tag: Tag | undefined = block.alt === '' ? undefined : { role: 'Figure', alt: block.alt };
  return [
    {
      height: shownHeight,
      gap: BLOCK_GAP + 3,
      draw(canvas, x, y) {
        const box = { x, y, width: shownWidth, height: shownHeight };
        canvas.tagged(tag, () => canvas.image(image, box), box);
      },
    },
  ];
}
