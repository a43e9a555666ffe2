import type { PictureSize } from '../../../src/brands/picture.ts';

/** What a template may show of its mail's brand, as `mail.brand`: plain data, so that it can cross to a thread. */
export interface MailBrand {
  name: string;
  senderName: string | null;
  postalAddress: string[];
  /** How large the logo is shown, in CSS pixels, and what it says to those who don't see it. */
  logo: (PictureSize & { alt: string }) | null;
}

/** The colours of a mail, as `mail.colours`; `accentOnDark` is the accent on a dark ground. */
export interface MailColours {
  accent: string;
  accentOnDark: string;
  heading: string;
  text: string;
  muted: string;
}

/** The colours of a mail without a brand. */
export const HOUSE_COLOURS: MailColours = {
  accent: '#1d5fa8',
  accentOnDark: '#7db8f5',
  heading: '#16202c',
  text: '#28343f',
  muted: '#5b6b7b',
};
