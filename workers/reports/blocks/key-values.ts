import type { Fragment } from '../layout/fragment.ts';
import { createRow } from '../layout/row.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import { type Tag, tagEntry } from '../pdf/tags/tag.ts';
import { cleanText } from '../text/clean-text.ts';
import { createFormatter } from '../text/formats.ts';
import { longestWord } from '../text/words.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';

type KeyValues = Extract<Block, { type: 'keyValues' }>;

/** Lines shorter than this give the keys half of them. */
const NARROW = 300;

/** Keys in grey with their values beside them; the keys take two fifths of the line, or more where a word needs it. */
export function layoutKeyValues(block: KeyValues, width: number, setting: BlockSetting): Fragment[] {
  const look = { ...TYPE.body, padX: 0, padY: 2.2, color: COLORS.ink };
  const measure = measureAt(setting, look.size);
  const widest = block.items.reduce((max, { key }) => Math.max(max, measure(cleanText(key), {})), 0);
  const word = block.items.reduce((max, { key }) => Math.max(max, longestWord([{ text: cleanText(key) }], measure)), 0);
  const keyWidth = Math.min(
    widest + 20,
    Math.max(width * (width < NARROW ? 0.5 : 0.4), Math.min(word + 13, width * 0.6)),
  );
  const format = createFormatter(undefined, setting.locale, setting.messages);
  const list: Tag = { role: 'L', attributes: { O: 'List', ListNumbering: 'None' } };
  return block.items.map(({ key, value }, index) => {
    const { label, body } = tagEntry(list);
    const keyLines = breakText(key, keyWidth - 12, measure);
    const valueLines = breakText(format(value).text, width - keyWidth, measure);
    const cells = [
      { lines: keyLines, x: 0, width: keyWidth, align: 'left' as const, color: COLORS.muted, tag: label },
      { lines: valueLines, x: keyWidth, width: width - keyWidth, align: 'left' as const, tag: body },
    ];
    return { ...createRow(cells, width, look), gap: index === 0 ? BLOCK_GAP : 0 };
  });
}
