import type { ReportBrand } from '../brand/report-brand.ts';
import { languageOf, openWords } from '../locales/index.ts';
import type { Block, Paper, Report } from '../model.ts';
import type { Attachment } from '../pdf/attach.ts';
import type { ReportInput } from '../report-input.ts';
import { buildContent } from '../templates/index.ts';

/** Where the request has the blocks that it gives itself: tables, charts, and what stands in columns. */
function pointBlocks(input: ReportInput, blocks: readonly Block[]): Map<Block, string> {
  const pointers = new Map<Block, string>();
  const asked = input.template === 'document' ? input.data.blocks : [];
  for (const block of blocks) if (block.type === 'table' || block.type === 'chart') pointers.set(block, '/data');
  for (const [index, block] of asked.entries()) {
    const pointer = `/data/blocks/${index}`;
    pointers.set(block, pointer);
    if (block.type !== 'columns') continue;
    for (const [column, inner] of block.columns.entries()) {
      for (const [at, one] of inner.entries()) pointers.set(one, `${pointer}/columns/${column}/${at}`);
    }
  }
  return pointers;
}

/** The logo that an invoice has of its own, above all else. */
function ownHead({ data }: Extract<ReportInput, { template: 'invoice' }>, lines: string[]): Block[] {
  const { logo: source, seller } = data;
  if (!source) return [];
  const logo = { type: 'image' as const, source, alt: seller.name };
  return [{ type: 'brandHead', alt: seller.name, lines, logo, pointer: '/data/logo' }];
}

/** What a brand puts above all else: on an invoice, which says by itself who sends it, no lines but those it has for that. */
function headOf(input: ReportInput, brand: ReportBrand | undefined): Block[] {
  const { template } = input;
  if (template === 'invoice' && input.data.logo) return ownHead(input, brand?.hasHead ? brand.head : []);
  if (!brand) return [];
  const { alt, hasHead, head } = brand;
  // A letterhead has them itself.
  const isOnPaper = brand.letterhead?.page !== undefined;
  const logo = isOnPaper ? undefined : brand.logo;
  const lines = (template === 'invoice' || isOnPaper) && !hasHead ? [] : head;
  if (logo === undefined && lines.length === 0) return [];
  const image = logo !== undefined && { logo: { type: 'image' as const, source: { content: logo }, alt } };
  return [{ type: 'brandHead', alt, lines, ...image }];
}

function paperOf(brand: ReportBrand | undefined): Paper | undefined {
  if (!brand?.letterhead) return undefined;
  const { page, following, ...room } = brand.letterhead;
  const show = (content: string | undefined) =>
    content === undefined ? undefined : { type: 'image' as const, source: { content }, alt: '' };
  return { page: show(page), following: show(following), ...room };
}

/** The report that a request asks for: its template's blocks, and what holds for every page. */
export function composeReport(
  input: ReportInput,
  createdAt: Date,
  { attachments = [], brand }: { attachments?: Attachment[] | undefined; brand?: ReportBrand | undefined } = {},
): Report {
  const { locale, timeZone, page, header, outline, strict, profile, password } = input;
  const lang = input.lang ?? languageOf(locale);
  const words = openWords(lang, { ...brand?.words, ...input.words });
  const setting = { locale, lang, words, createdAt, timeZone };
  const content = buildContent(input, setting);
  const footer = input.footer ?? content.footer ?? words.messages.footer;
  const pointers = pointBlocks(input, content.blocks);
  const looks = { colours: brand?.colours ?? {}, fonts: brand?.fonts ?? {}, paper: paperOf(brand) };
  const pages = { page, header, footer, foot: brand?.foot ?? '', ...looks };
  const blocks = [...headOf(input, brand), ...content.blocks];
  const report = { ...setting, ...content, blocks, ...pages, outline, strict, pointers };
  // The pictures of a preview can be of no standard, and closed to nobody.
  if (input.preview) return { ...report, attachments: [] };
  return { ...report, profile, password, attachments };
}
