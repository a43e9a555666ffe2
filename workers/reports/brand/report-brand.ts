import type { BrandColours, JobBrand } from '../../../src/brands/brand.ts';
import { AppError } from '../../../src/errors.ts';
import { findNamedFile } from '../../../src/jobs/files/job-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
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
  words: Partial<Messages>;
}

/** Makes what a report is drawn with of a job's brand. Throws source_unavailable for a logo that was erased. */
export async function loadBrand(brand: JobBrand, context: RunContext): Promise<ReportBrand> {
  const { name, logo, colours = {}, letterhead = {}, senderName, postalAddress = [], words = {} } = brand;
  const content = logo && (await readLogo(logo, name, context));
  return {
    ...(content === undefined ? {} : { logo: content }),
    alt: senderName ?? name,
    colours,
    hasHead: letterhead.head !== undefined,
    head: letterhead.head ?? [...(senderName === undefined ? [] : [senderName]), ...postalAddress],
    foot: letterhead.foot ?? '',
    words,
  };
}

async function readLogo(logo: { upload: string }, name: string, context: RunContext): Promise<string> {
  try {
    const { key } = await findNamedFile(logo, context);
    return (await context.storage.read(key)).toString('base64');
  } catch (cause) {
    if (!(cause instanceof AppError) || !['source_unavailable', 'not_found'].includes(cause.code)) throw cause;
    const message = `The logo of the brand "${name}" was erased: give the brand another one.`;
    throw new AppError('source_unavailable', message, { cause });
  }
}
