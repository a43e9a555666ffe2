import { AddressError, parseMailbox } from './mail-address.ts';

/**
 * The one text of a subject, however it is written: an address without a name, in lower case, its domain as DNS knows
 * it; any other label in Unicode's composed form (NFC).
 */
export function normalSubject(text: string): string {
  if (text.includes('@')) {
    try {
      return parseMailbox(text, { allowsLetters: true }).address.toLowerCase();
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
    }
  }
  return text.normalize('NFC');
}
