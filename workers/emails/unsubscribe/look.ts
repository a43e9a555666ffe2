import type { Brand } from '../../../src/brands/brand.ts';
import { readableOn } from '../../../src/brands/contrast.ts';

/** The ground of the pages for readers who want it dark. */
const DARK_GROUND = '#182027';

/** Writes the style sheet that gives the page its sender's accent; colours of brands can be read on white. */
export function writeLook({ colours }: Pick<Brand, 'colours'>): string {
  const accent = colours?.accent;
  if (accent === undefined) return '';
  const onDark = readableOn(DARK_GROUND, accent);
  return [
    `:root{--accent:${accent};--accent-ink:#ffffff;--accent-strong:${accent}}`,
    `@media (prefers-color-scheme:dark){:root{--accent:${onDark};--accent-ink:#000000;--accent-strong:${onDark}}}`,
    '.top{border-image:none}',
  ].join('\n');
}
