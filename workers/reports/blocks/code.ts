import { parseLength } from '../../../src/fields/length.ts';
import { type CodeSymbol, createSymbol, UnusableCode } from '../codes/create-symbol.ts';
import { drawSymbol, modulesAcross, symbolHeight } from '../codes/draw-symbol.ts';
import { BadData } from '../data/read/bad-data.ts';
import type { CodeBlock } from '../input/code.ts';
import type { Fragment } from '../layout/fragment.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import type { Tag } from '../pdf/tags/tag.ts';
import type { BlockSetting } from './setting.ts';
import { layoutPlain } from './text.ts';

const MM = 72 / 25.4;
/** How wide a module is where nobody says how large the code is to be: what shops print bars with, and phones read well. */
const BAR_MODULE = 0.33 * MM;
const MATRIX_MODULE = 0.5 * MM;
/** Codes of dots are no smaller than this by themselves. */
const LEAST_MATRIX = 25 * MM;
/** Scanners need bars of this width, and cameras dots of this. */
const LEAST_BAR = 0.19 * MM;
const LEAST_DOT = 0.25 * MM;

function makeSymbol({ symbology, text }: CodeBlock, name: string): CodeSymbol {
  try {
    return createSymbol(symbology, text);
  } catch (error) {
    if (!(error instanceof UnusableCode)) throw error;
    throw new BadData(`${name} can't be a code of ${symbology}: ${error.message}.`, { cause: error });
  }
}

/** The width of a module: as asked for, but no wider than the line and no higher than the page. */
function chooseModule(symbol: CodeSymbol, size: number | undefined, room: { width: number; height: number }): number {
  const across = modulesAcross(symbol);
  const own = symbol.texts.length > 0 ? BAR_MODULE : Math.max(MATRIX_MODULE, LEAST_MATRIX / across);
  const module = Math.min(size === undefined ? own : size / across, room.width / across);
  const height = symbolHeight(symbol, module);
  return height > room.height ? module * (room.height / height) : module;
}

const inMm = (points: number): string => (points / MM).toFixed(2);

/** Lays out a code in its own proportions, with its caption below. Throws BadData. */
export function layoutCode(block: CodeBlock, width: number, setting: BlockSetting): Fragment[] {
  const name = `The code at ${setting.pointers.get(block as Block) ?? 'a place of its own'}`;
  const symbol = makeSymbol(block, name);
  const { caption = '', alt = caption || block.text } = block;
  const look = { ...TYPE.small, color: COLORS.muted };
  const below = caption ? layoutPlain(caption, look, { gap: 3, width }, setting) : [];
  const captionHeight = below.reduce((sum, { height }) => sum + height, below.length > 0 ? 3 : 0);
  const room = { width, height: setting.bodyHeight - captionHeight };
  const module = chooseModule(symbol, block.size === undefined ? undefined : parseLength(block.size), room);
  // An empty text marks decoration.
  const tag: Tag | undefined = alt === '' ? undefined : { role: 'Figure', alt };
  const box = { width: modulesAcross(symbol) * module, height: symbolHeight(symbol, module) };
  const isBars = symbol.texts.length > 0;
  const [what, least] = isBars ? (['bars', LEAST_BAR] as const) : (['dots', LEAST_DOT] as const);
  const warning =
    `${name} has ${what} of ${inMm(module)} mm, and scanners need ${inMm(least)} mm: ` +
    'give it more room, or a shorter text.';
  const drawn: Fragment = {
    height: box.height,
    gap: BLOCK_GAP + 3,
    keep: below.length > 0,
    draw(canvas, x, y) {
      if (module < least) canvas.warn('small_code', warning);
      canvas.tagged(tag, () => drawSymbol(canvas, symbol, { x, y, module }), { x, y, ...box });
    },
  };
  return [drawn, ...below];
}
