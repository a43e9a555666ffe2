import type { Report } from '../model.ts';

/** What stands for something else in headers and footers, between braces: each with what it stands for. */
export interface HeadFields {
  page: string;
  pages: string;
  title: string;
  author: string;
  /** The day on which the report was asked for. */
  date: string;
  /** Of a report that is one of several: its group. */
  group: string;
}

const FIELD = /\{(page|pages|title|author|date|group)\}/g;

/** Fills in a header or footer; what is no field stays as it is, and what is filled in is not looked at again. */
export const fillHead = (text: string, fields: HeadFields): string =>
  text.replace(FIELD, (_, name: keyof HeadFields) => fields[name]);

/** Makes the fields of a page; `pages` is null where it is not known how many there are. */
export type HeadFieldsOf = (page: number, pages: number | null) => HeadFields;

type HeadReport = Pick<Report, 'title' | 'author' | 'group' | 'locale' | 'createdAt' | 'timeZone'>;

/** Creates what makes the fields of a report's pages, in its locale and by its clock. */
export function createHeadFields(report: HeadReport): HeadFieldsOf {
  const { title, author = '', group = '', locale, createdAt, timeZone = 'UTC' } = report;
  const number = new Intl.NumberFormat(locale, { useGrouping: false });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone }).format(createdAt);
  return (page, pages) => ({
    page: number.format(page),
    pages: pages === null ? '…' : number.format(pages),
    title,
    author,
    date,
    group,
  });
}
