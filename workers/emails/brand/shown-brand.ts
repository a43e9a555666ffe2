import type { JobBrand } from '../../../src/brands/brand.ts';
import { readableOn } from '../../../src/brands/contrast.ts';
import type { PictureSize } from '../../../src/brands/picture.ts';
import { HOUSE_COLOURS, type MailBrand, type MailColours } from './mail-brand.ts';

/** The ground of what a mail says, where the reader wants it dark; as the layout has it. */
const DARK_GROUND = '#1a232d';
/** Most of a logo as it is shown: mails are 600 pixels wide, and 320 on a phone. */
const SHOWN = { width: 220, height: 64 };

/** Makes what templates show of a brand; its logo only with a size. */
export function showBrand(brand: JobBrand, logoSize: PictureSize | null | undefined): MailBrand {
  const { name, senderName = null, postalAddress = [] } = brand;
  const logo = logoSize ? { ...shownAs(logoSize), alt: senderName ?? name } : null;
  return { name, senderName, postalAddress, logo };
}

/** Fits a logo into its room; a small one is not made larger. */
function shownAs({ width, height }: PictureSize): PictureSize {
  const share = Math.min(1, SHOWN.width / width, SHOWN.height / height);
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

/** Makes the colours of a mail of a brand; what it does not say is as in every mail. */
export function coloursOf({ colours: { accent, text, muted } = {} }: Pick<JobBrand, 'colours'>): MailColours {
  return {
    ...HOUSE_COLOURS,
    ...(accent === undefined ? {} : { accent, accentOnDark: readableOn(DARK_GROUND, accent) }),
    ...(text === undefined ? {} : { text, heading: text }),
    ...(muted === undefined ? {} : { muted }),
  };
}
