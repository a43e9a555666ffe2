import type { Fragment } from '../layout/fragment.ts';
import { sizeInLine } from '../layout/picture-size.ts';
import { BLOCK_GAP } from '../layout/style.ts';
import type { Block } from '../model.ts';
import type { Tag } from '../pdf/tags/tag.ts';
import type { BlockSetting } from './setting.ts';

type ImageBlock = Extract<Block, { type: 'image' }>;

/** A picture in its own proportions, never wider than the line nor higher than the page. */
export function layoutImage(block: ImageBlock, width: number, setting: BlockSetting): Fragment[] {
  const image = setting.images.get(block);
  if (!image) return [];
  const shown = sizeInLine(image, { width, height: setting.bodyHeight }, block.width);
  // An empty text marks decoration.
  const tag: Tag | undefined = block.alt === '' ? undefined : { role: 'Figure', alt: block.alt };
  return [
    {
      height: shown.height,
      gap: BLOCK_GAP + 3,
      draw(canvas, x, y) {
        const box = { x, y, ...shown };
        canvas.tagged(tag, () => canvas.image(image, box), box);
      },
    },
  ];
}
