import type { BrandColours, BrandFonts, JobBrand, Letterhead } from '../../../src/brands/brand.ts';
import { parseLength } from '../../../src/fields/length.ts';
import { readBrandFile } from '../../../src/jobs/files/brand-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import type { PaperRoom } from '../layout/frame.ts';
import type { Messages } from '../locales/messages.ts';

/** A brand as a report is drawn with it: plain data, so that it can cross to a thread. */
export interface ReportBrand {
  /** The logo as base64. */
  logo?: string;
  /** What the logo shows, for those who don't see it. */
  alt: string;
  colours: BrandColours;
  /** Whether `head` was said, and does not follow from the sender. */
  hasHead: boolean;
  head: string[];
  foot: string;
  fonts: BrandFonts;
  letterhead?: PaperPages;
  words: Partial<Messages>;
}

/** What is printed below a report's first page and below its others, as base64, and the room that it takes. */
export interface PaperPages extends PaperRoom {
  page?: string;
  following?: string;
}

const DEFAULT_ROOM = { top: '45mm', followingTop: '30mm', bottom: '25mm' } as const;

/** Makes what a report is drawn with of a job's brand. Throws source_unavailable for a file of it that was erased. */
export async function loadBrand(brand: JobBrand, context: RunContext): Promise<ReportBrand> {
  const { name, logo, colours = {}, fonts = {}, letterhead = {}, senderName, postalAddress = [], words = {} } = brand;
  const content = logo && (await readFile(logo, { name, what: 'logo' }, context));
  const paper = await readPaper(letterhead, name, context);
  return {
    ...(content === undefined ? {} : { logo: content }),
    alt: senderName ?? name,
    colours,
    hasHead: letterhead.head !== undefined,
    head: letterhead.head ?? [...(senderName === undefined ? [] : [senderName]), ...postalAddress],
    foot: letterhead.foot ?? '',
    fonts,
    ...(paper && { letterhead: paper }),
    words,
  };
}

async function readPaper(
  { page, following, top, followingTop, bottom }: Letterhead,
  name: string,
  context: RunContext,
): Promise<PaperPages | undefined> {
  const [first, others] = [page, following].map(
    (file) => file && readFile(file, { name, what: 'letterhead' }, context),
  );
  const room = {
    top: parseLength(top ?? (page ? DEFAULT_ROOM.top : '')) ?? 0,
    followingTop: parseLength(followingTop ?? (following ? DEFAULT_ROOM.followingTop : '')) ?? 0,
    bottom: parseLength(bottom ?? (page || following ? DEFAULT_ROOM.bottom : '')) ?? 0,
  };
  if (!first && !others && Object.values(room).every((length) => length === 0)) return undefined;
  const [one, other] = await Promise.all([first, others]);
  return { ...room, ...(one !== undefined && { page: one }), ...(other !== undefined && { following: other }) };
}

async function readFile(
  file: { upload: string },
  named: { name: string; what: string },
  context: RunContext,
): Promise<string> {
  return (await readBrandFile(file, named, context)).toString('base64');
}
