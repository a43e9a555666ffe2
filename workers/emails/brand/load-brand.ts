import type { JobBrand } from '../../../src/brands/brand.ts';
import { isPng, sizeOfPicture } from '../../../src/brands/picture.ts';
import { AppError } from '../../../src/errors.ts';
import { readBrandFile } from '../../../src/jobs/files/brand-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import type { OpenAttachment } from '../content/attachments.ts';
import { LOGO_CID } from '../html.ts';
import type { MailBrand, MailColours } from './mail-brand.ts';
import { coloursOf, showBrand } from './shown-brand.ts';

/** What a mail has of the brand that its job asks for. */
export interface LoadedBrand {
  brand: MailBrand;
  colours: MailColours;
  logo: OpenAttachment | null;
  /** Whether the brand's logo was erased: the mail goes without it. */
  lacksLogo: boolean;
}

/** Makes what a mail shows of its job's brand. A mail whose logo was erased goes without it: it may be urgent. */
export async function loadBrand(brand: JobBrand, context: RunContext): Promise<LoadedBrand> {
  const read = brand.logo && readBrandFile(brand.logo, { name: brand.name, what: 'logo' }, context);
  const picture = await read?.catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'source_unavailable') return undefined;
    throw error;
  });
  const size = picture && sizeOfPicture(picture);
  return {
    brand: showBrand(brand, size),
    colours: coloursOf(brand),
    logo: picture && size ? toAttachment(picture) : null,
    lacksLogo: brand.logo !== undefined && !size,
  };
}

const toAttachment = (picture: Buffer): OpenAttachment => {
  const format = isPng(picture) ? 'png' : 'jpeg';
  return { filename: `logo.${format}`, content: picture, contentType: `image/${format}`, cid: LOGO_CID };
};
