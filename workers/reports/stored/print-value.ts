import { createColumnReader, needsOf } from '../data/analyse/column-reader.ts';
import { createInlineRows } from '../data/data-rows.ts';
import { isEmpty } from '../data/values/empty.ts';
import type { Row } from '../input/table.ts';
import { languageOf, messagesFor } from '../locales/index.ts';
import { createFormatter, type Formatter } from '../text/formats.ts';

/** How values are read and written. */
export interface ValueWriting {
  locale: string;
  /** Where the clock hangs that moments are told by. */
  timeZone: string | undefined;
}

/** A value as it is printed; or what it would have to be for that. */
export type PrintedValue = { text: string } | { wanted: string };

const KEY = 'value';

/** Makes the function that prints a value as a table prints a column of that format which has it alone. */
export function createValuePrinter({
  locale,
  timeZone,
}: ValueWriting): (value: unknown, format: string) => PrintedValue {
  const formatters = new Map<string | undefined, Formatter>();
  const formatterFor = (format: string | undefined): Formatter => {
    const known = formatters.get(format) ?? createFormatter(format, locale, messagesFor(languageOf(locale)));
    formatters.set(format, known);
    return known;
  };
  return (value, format) => {
    if (isEmpty(value)) return { text: '' };
    if (typeof value === 'object') return { wanted: 'a text, a number, true, false or null' };
    const column = { key: KEY, format };
    const needs = needsOf(column, false, {}).map((need) => ({ ...need, timeZone }));
    const rows = createInlineRows([{ [KEY]: value } as Row], [KEY], needs, locale);
    const named = { name: KEY, pointer: '', isStrict: false };
    const reader = createColumnReader(column, 0, rows, { locale, named, isSummed: false });
    if (!reader.isDate && !reader.isNumber) return { text: formatterFor(undefined)(value).text };
    const read = reader.isDate ? reader.date(value) : reader.number(value);
    if (read === undefined) return { wanted: reader.isDate ? 'a date' : 'a number' };
    return { text: formatterFor(reader.format)(reader.format === 'written' ? value : read).text };
  };
}
