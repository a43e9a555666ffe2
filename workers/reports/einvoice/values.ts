import { type Decimal, toNumeric } from '../text/decimal.ts';
import { parseInline, splitParagraphs } from '../text/inline.ts';
import { group, leaf, type XmlElement } from './xml.ts';

/** Writes a day (format 102) in an element of its own, in one of the namespaces that have a text of a date. */
export const writeDay = (
  name: string,
  day: string | undefined,
  text: 'udt:DateTimeString' | 'qdt:DateTimeString' = 'udt:DateTimeString',
): XmlElement | undefined => group(name, leaf(text, day?.replaceAll('-', ''), { format: '102' }));

/** Writes from when to when (BG-14, BG-26). */
export const writePeriod = (period: { from?: string | undefined; to?: string | undefined } | undefined) =>
  group(
    'ram:BillingSpecifiedPeriod',
    writeDay('ram:StartDateTime', period?.from),
    writeDay('ram:EndDateTime', period?.to),
  );

/** A decimal as exact as it was given, without zeros at its end. */
export function toPlainDecimal(decimal: Decimal): string {
  const text = toNumeric(decimal);
  return decimal.scale === 0 ? text : text.replace(/\.?0+$/, '');
}

/** An amount of a currency's smallest units, with all of that currency's decimals. */
export const toAmount = (units: bigint, digits: number): string => toNumeric({ digits: units, scale: digits });

/** The words of a text without its marks. */
export function toPlainText(marked: string): string {
  const paragraphs = splitParagraphs(marked).map((paragraph) => parseInline(paragraph).map(({ text }) => text));
  return paragraphs.map((texts) => texts.join('')).join('\n\n');
}
