import { type CellValue, fromIso, readSheetNumber, withFormat } from '../cell-value.ts';
import type { ShownDecimals } from './styles.ts';

const TIME = /^PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})(?:[.,]\d+)?S)?$/;

/** `PT12H30M00S` as `12:30`. */
function fromDuration(text: string): string {
  const [all, hours = '0', minutes = '0', seconds = '0'] = TIME.exec(text) ?? [];
  if (all === undefined) return text;
  const time = `${hours.padStart(2, '0')}:${minutes.padStart(2, '0')}`;
  return Number(seconds) === 0 ? time : `${time}:${seconds.padStart(2, '0')}`;
}

/** The value of a cell by its attributes, else its text. */
export function odsValue(attributes: Readonly<Record<string, string>>, text: string, shown: ShownDecimals): CellValue {
  const type = attributes['office:value-type'];
  const value = attributes['office:value'] ?? '';
  switch (type) {
    case 'float':
    case 'percentage':
    case 'currency': {
      const number = readSheetNumber(value);
      const currency = type === 'currency' ? (attributes['office:currency'] ?? '') : '';
      return number ? withFormat(number, { ...shown, isPercent: type === 'percentage', currency }) : text;
    }
    case 'date':
      return fromIso(attributes['office:date-value'] ?? text);
    case 'time':
      return fromDuration(attributes['office:time-value'] ?? text);
    case 'boolean':
      return attributes['office:boolean-value'] === 'true';
    default:
      return (attributes['office:string-value'] ?? text).trim();
  }
}
