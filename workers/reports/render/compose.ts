import { messagesFor } from '../locales/index.ts';
import type { Report } from '../model.ts';
import type { Attachment } from '../pdf/attach.ts';
import type { ReportInput } from '../report-input.ts';
import { buildContent } from '../templates/index.ts';

/** The report that a request asks for: its template's blocks, and what holds for every page. */
export function composeReport(input: ReportInput, createdAt: Date, attachments: Attachment[] = []): Report {
  const { locale, page, header, outline, strict, profile, password } = input;
  const lang = input.lang ?? new Intl.Locale(locale).language;
  const setting = { locale, lang, createdAt };
  const content = buildContent(input, setting);
  const footer = input.footer ?? content.footer ?? messagesFor(lang).footer;
  return { ...setting, ...content, page, header, footer, outline, strict, profile, password, attachments };
}
