import type { JobBrand } from '../../../src/brands/brand.ts';
import { readableOn } from '../../../src/brands/contrast.ts';
import { isPng, type PictureSize, sizeOfPicture } from '../../../src/brands/picture.ts';
import { AppError } from '../../../src/errors.ts';
import { readBrandFile } from '../../../src/jobs/files/brand-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import type { OpenAttachment } from '../content/attachments.ts';
import { LOGO_CID } from '../html.ts';
import { HOUSE_COLOURS, type MailBrand, type MailColours } from './mail-brand.ts';

/** What a mail has of the brand that its job asks for. */
export interface LoadedBrand {
  brand: MailBrand;
  colours: MailColours;
  logo: OpenAttachment | null;
  /** Whether the brand's logo was erased: the mail goes without it. */
  lacksLogo: boolean;
}

/** The ground of what a mail says, where the reader wants it dark; as the layout has it. */
const DARK_GROUND = '#1a232d';
/** Most of a logo as it is shown: mails are 600 pixels wide, and 320 on a phone. */
const SHOWN = { width: 220, height: 64 };

/** Makes what a mail shows of its job's brand. A mail whose logo was erased goes without it: it may be urgent. */
export async function loadBrand(brand: JobBrand, context: RunContext): Promise<LoadedBrand> {
  const { name, senderName = null, postalAddress = [] } = brand;
  const read = brand.logo && readBrandFile(brand.logo, { name, what: 'logo' }, context);
  const picture = await read?.catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'source_unavailable') return undefined;
    throw error;
  });
  const size = picture && sizeOfPicture(picture);
  return {
    brand: { name, senderName, postalAddress, logo: size ? { ...shownAs(size), alt: senderName ?? name } : null },
    colours: coloursOf(brand),
    logo: picture && size ? toAttachment(picture) : null,
    lacksLogo: brand.logo !== undefined && !size,
  };
}

/** Fits a logo into its room; a small one is not made larger. */
function shownAs({ width, height }: PictureSize): PictureSize {
  const share = Math.min(1, SHOWN.width / width, SHOWN.height / height);
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

function coloursOf({ colours: { accent, text, muted } = {} }: JobBrand): MailColours {
  return {
    ...HOUSE_COLOURS,
    ...(accent === undefined ? {} : { accent, accentOnDark: readableOn(DARK_GROUND, accent) }),
    ...(text === undefined ? {} : { text, heading: text }),
    ...(muted === undefined ? {} : { muted }),
  };
}

const toAttachment = (picture: Buffer): OpenAttachment => {
  const format = isPng(picture) ? 'png' : 'jpeg';
  return { filename: `logo.${format}`, content: picture, contentType: `image/${format}`, cid: LOGO_CID };
};
