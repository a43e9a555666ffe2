import { describe, expect, it } from '@jest/globals';
import { reports } from '../../../../workers/reports/job.ts';

const documentOf = (fields: object, blocks: object[] = []) => ({ data: { title: 'T', blocks }, ...fields });

/** The faults of a request, each with its JSON pointer. */
function faultsOf(request: unknown): string[] {
  const { error } = reports.input.safeParse(request);
  return (error?.issues ?? []).map(({ path, message }) => `/${path.join('/')} ${message}`);
}

const content = Buffer.from('x').toString('base64');
const attach = (...attachments: object[]) => documentOf({ attachments });
const NAME =
  '/attachments/0/filename must be a file name of 1 to 200 characters such as "data.csv", ' +
  'without a path or any of : * ? " < > |';

describe('the files of a report', () => {
  const table = { type: 'table', columns: [{ key: 'a' }], rows: [{ a: 1 }] };

  it.each([
    [documentOf({ formats: [] }), '/formats must be a list of 1 to 3 entries'],
    [documentOf({ formats: ['docx'] }), '/formats/0 must be pdf, xlsx or csv'],
    [documentOf({ formats: ['pdf', 'pdf'] }), '/formats/1 must differ from those before it'],
    [documentOf({ formats: ['pdf', 'csv'] }), '/formats must be ["pdf"] where there is no table'],
    [documentOf({ formats: ['xlsx'], splitBy: 'a' }, [table]), '/formats must be ["pdf"] with splitBy'],
    [
      documentOf({ formats: ['xlsx'], password: 'x' }, [table]),
      '/formats must be ["pdf"] with a password, which would not close the other files',
    ],
  ])('formats that can not be made are refused (%#)', (request, fault) => {
    expect(faultsOf(request)).toEqual([fault]);
  });

  it('formats: a PDF without the field; tables inside columns are tables', () => {
    expect(reports.input.parse(documentOf({})).formats).toEqual(['pdf']);
    const beside = { type: 'columns', columns: [[table]] };
    expect(faultsOf(documentOf({ formats: ['csv'] }, [beside]))).toEqual([]);
  });

  it('a sheet: its name, or its number from 1', () => {
    const from = (sheet: unknown) => documentOf({}, [{ type: 'table', rows: { file: 'sales', sheet } }]);
    for (const sheet of ['Ark1', 1, 2000]) expect(faultsOf(from(sheet))).toEqual([]);
    for (const sheet of ['', 0, 1.5, 2001, true])
      expect(faultsOf(from(sheet))).toEqual([expect.stringContaining('sheet')]);
  });
});

describe('profile, password and attachments', () => {
  it.each([
    [documentOf({ profile: 'PDF/A-1b' }), '/profile must be PDF/A-2b, PDF/A-3b or PDF/UA-1'],
    [
      documentOf({ profile: 'PDF/A-2b', password: 'x' }),
      '/password must be left out with PDF/A-2b: the standard forbids encryption',
    ],
    [
      { ...attach({ filename: 'a', content }), profile: 'PDF/A-2b' },
      '/attachments must be left out with PDF/A-2b, which has room for PDF/A files only: use PDF/A-3b',
    ],
    [documentOf({ password: '' }), '/password must be a text of 1 to 127 bytes in UTF-8, without control characters'],
    [
      documentOf({ password: 'a\nb' }),
      '/password must be a text of 1 to 127 bytes in UTF-8, without control characters',
    ],
    [
      documentOf({ password: 'å'.repeat(64) }),
      '/password must be a text of 1 to 127 bytes in UTF-8, without control characters',
    ],
    ...['../a', 'a/b', 'a\\b', '.hidden', 'a\u202etxt.exe', 'end.', '', 'x'.repeat(201)].map(
      (filename): [object, string] => [attach({ filename, content }), NAME],
    ),
    [attach({ filename: 'a', content: 'no base64!' }), '/attachments/0/content must be base64, without line breaks'],
    [
      attach({ filename: 'a', file: 'sales' }),
      '/attachments/0/file must be the name of a file field of the form that begins with "attachment"',
    ],
    [attach({ job: 'img_1' }), '/attachments/0/job must be a job id, such as img_ and 26 characters'],
    [
      attach({ filename: 'a', content }, { filename: 'A', content }),
      '/attachments/1/filename must differ from the names of the attachments before it',
    ],
    [
      attach({ filename: 'a', content, type: 'text/csv\r\nX' }),
      '/attachments/0/type must be a media type, such as "text/csv"',
    ],
    [
      attach({ filename: 'a', content: 'A'.repeat(13_333_340) }),
      '/attachments must be files of at most 10 MB together',
    ],
    [attach(...Array(21).fill(0)), '/attachments must be a list of at most 20 entries'],
  ])('what is not right: one fault that names the field and how to mend it (%#)', (request, fault) => {
    expect(faultsOf(request)).toEqual([fault]);
  });

  it('PDF/UA-1: each picture needs its text, also inside columns; an empty one says that it is decoration', () => {
    const image = (more: object = {}) => ({ type: 'image', source: { content: 'iVBORw0KGg==' }, ...more });
    const blocks = [image({ alt: '' }), { type: 'columns', columns: [[image({ alt: 'a' }), image()]] }, image()];
    const fault = 'must tell what the picture shows, for PDF/UA-1; "" where it is mere decoration';
    expect(faultsOf(documentOf({}, blocks))).toEqual([]);
    expect(faultsOf(documentOf({ profile: 'PDF/UA-1' }, blocks))).toEqual([
      `/data/blocks/1/columns/0/1/alt ${fault}`,
      `/data/blocks/2/alt ${fault}`,
    ]);
  });

  it('attachments from jobs, uploads and the form: are told to the platform', () => {
    const job = 'rep_00000000000000000000000000';
    const rows = { type: 'table', rows: { file: 'sales' } };
    const upload = `upd_${'0'.repeat(26)}`;
    const attachments = [{ job }, { upload }, { filename: 'a', file: 'attachment1' }];
    const input = reports.input.parse(documentOf({ attachments }, [rows]));
    expect(reports.references?.(input)).toEqual([
      { id: job, pointer: '/attachments/0/job' },
      { id: upload, pointer: '/attachments/1/upload', limit: { what: 'attached files', bytes: 10_000_000 } },
    ]);
    expect(reports.upload?.files?.(input)).toEqual(['sales', 'attachment1']);
  });
});

it('lists inside lists: to a depth of four, 5,000 items together, each fault with what it is', () => {
  const faultsOf = (items: unknown) => {
    const blocks = [{ type: 'list', items }];
    const { error } = reports.input.safeParse({ data: { title: 'T', blocks } });
    return error?.issues.map(({ path, message }) => `/${path.slice(2).join('/')} ${message}`);
  };
  const nest = (depth: number): unknown => (depth === 0 ? 'x' : { text: 'x', items: [nest(depth - 1)] });
  expect(faultsOf([nest(3)])).toBeUndefined();
  expect(faultsOf([nest(4)])).toEqual([
    '/0/items/0 must have "items/0" right: it must have "items/0" right: it must have "items/0" right: it must be a text of 1 to 20,000 characters',
  ]);
  expect(faultsOf([7])).toEqual(['/0/items/0 must be a text of 1 to 20,000 characters, or {"text", "items"}']);
  expect(faultsOf([{ text: 'x' }])).toEqual([
    '/0/items/0 must have "items" right: it must be a list of 1 to 5,000 entries',
  ]);
  // The field itself is named by the code of the issue.
  expect(faultsOf([{ text: 'x', items: ['y'], order: true }])).toEqual(['/0/items/0 must be an object']);
  const many = { text: 'x', items: Array.from({ length: 4999 }, () => 'y') };
  expect(faultsOf([many])).toBeUndefined();
  expect(faultsOf([many, 'z'])).toEqual(['/0/items must have at most 5,000 items, those of lists inside it included']);
});
