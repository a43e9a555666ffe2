import type { ReportInput } from './job.ts';
import type { Content, Report, Setting } from './model.ts';
import { buildDocument } from './templates/document.ts';
import { buildMonthly } from './templates/monthly.ts';
import { wordsFor } from './words.ts';

function build(input: ReportInput, setting: Setting): Content {
  switch (input.template) {
    case 'document':
      return buildDocument(input.data);
    case 'monthly':
      return buildMonthly(input.data, setting);
  }
}

/** The report that a request asks for: its template's blocks, and what holds for every page. */
export function composeReport(input: ReportInput, createdAt: Date): Report {
  const { locale, page, header, outline } = input;
  const lang = input.lang ?? new Intl.Locale(locale).language;
  const setting = { locale, lang, createdAt };
  const footer = input.footer ?? wordsFor(lang).footer;
  return { ...setting, ...build(input, setting), page, header, footer, outline };
}
