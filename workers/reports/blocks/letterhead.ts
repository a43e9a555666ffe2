import type { Fragment } from '../layout/fragment.ts';
import { COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import type { Tag } from '../pdf/tags/tag.ts';
import { COLUMN_SPACE, createColumns } from './columns.ts';
import { layoutKeyValues } from './key-values.ts';
import { createHeadRule } from './masthead.ts';
import type { BlockSetting } from './setting.ts';
import { layoutPlain, type TextLook } from './text.ts';

type Letterhead = Extract<Block, { type: 'letterhead' }>;

const TITLE: TextLook = { ...TYPE.title, color: COLORS.accent, bold: true, heading: true };
const NAME: TextLook = { size: 12.5, leading: 17, color: COLORS.ink, bold: true };
const SMALL: TextLook = { ...TYPE.small, color: COLORS.muted };
const LABEL: TextLook = { ...TYPE.small, color: COLORS.accent, bold: true };
const BODY: TextLook = { ...TYPE.body, color: COLORS.ink };

/** Lays out the head of a letter: who writes, what it is; below the rule whom it goes to, and its dates and numbers. */
export function layoutLetterhead(block: Letterhead, width: number, setting: BlockSetting): Fragment[] {
  const { title, sender, recipient, delivery, facts } = block;
  const half = (width - COLUMN_SPACE) / 2;
  const write = (text: string, look: TextLook, place: { gap?: number; tag?: Tag } = {}) =>
    layoutPlain(text, look, { width: half, ...place }, setting);
  const from = [...write(sender.name, NAME), ...sender.lines.flatMap((line) => write(line, SMALL))];
  const what = write(title, TITLE, { tag: { role: 'H1' } });
  const addressee = (party: Letterhead['recipient'], gap: number) => [
    ...write(party.label, LABEL, { gap }),
    ...write(party.name, { ...BODY, bold: true }, { gap: 2 }),
    ...party.lines.flatMap((line) => write(line, BODY)),
  ];
  const to = [...addressee(recipient, 0), ...(delivery ? addressee(delivery, 12) : [])];
  const rule = { ...createHeadRule(width), height: 4, gap: 14, keep: true };
  const given = layoutKeyValues({ type: 'keyValues', items: facts }, half, setting);
  const upper = { ...createColumns([from, what], half), keep: true };
  return [upper, rule, { ...createColumns([to, given], half), gap: 14 }];
}
