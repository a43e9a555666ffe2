import type { Fragment } from '../layout/fragment.ts';
import { LOGO_BOX, sizeInBox } from '../layout/picture-size.ts';
import { COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import { COLUMN_SPACE, createColumns } from './columns.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';
import { layoutPlain, linesToFragments, type TextLook } from './text.ts';

type BrandHead = Extract<Block, { type: 'brandHead' }>;

const SMALL: TextLook = { ...TYPE.small, color: COLORS.muted };
const NAME: TextLook = { ...SMALL, color: COLORS.ink, bold: true };

/** Lays out what stands above all else on the first page: whose paper it is. */
export function layoutBrandHead(block: BrandHead, width: number, setting: BlockSetting): Fragment[] {
  const [logo] = layoutLogo(block, setting);
  const half = (width - COLUMN_SPACE) / 2;
  const lines = block.lines.flatMap((text, index) => {
    const look = index === 0 ? NAME : SMALL;
    if (!logo) return layoutPlain(text, look, { width }, setting);
    // Beside a logo they end where the page's body does.
    const broken = breakText(text, half, measureAt(setting, look.size, look.bold));
    return linesToFragments(
      broken.map((line) => ({ ...line, isOpposed: true })),
      look,
      { width: half },
    );
  });
  if (!logo) return lines.map((line) => ({ ...line, keep: true }));
  return [{ ...(lines.length > 0 ? createColumns([[logo], lines], half) : logo), keep: true }];
}

function layoutLogo({ logo, alt }: BrandHead, setting: BlockSetting): Fragment[] {
  const image = logo && setting.images.get(logo);
  if (!image) return [];
  const { width, height } = sizeInBox(image, LOGO_BOX);
  return [
    {
      height,
      draw(canvas, x, y) {
        const box = { x, y, width, height };
        canvas.tagged({ role: 'Figure', alt }, () => canvas.image(image, box), box);
      },
    },
  ];
}
