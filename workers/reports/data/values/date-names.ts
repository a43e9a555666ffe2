const WORDS =
  'date|dates|dato|datum|day|dag|tag|fecha|data|dia|día|giorno|jour|päivä|pvm|dzień|due|forfall|utløp|dob|født|born|' +
  'birthday|created|updated|from|to|until|fra|til|von|bis|från|till|du|au|desde|hasta|start|end|begin';
const DATE_NAME = new RegExp(
  String.raw`(?:^|[^\p{L}])(?:${WORDS})(?!\p{L})|(?:date|dato|datum|dag|tag|day|päivä)(?!\p{L})`,
  'iu',
);
/** Last words of the names of columns that have moments. Not `time`, which is as often how long something took. */
const MOMENTS =
  'timestamp|datetime|epoch|unix|unixtime|ts|tidsstempel|tidsstämpel|zeitstempel|horodatage|' +
  'created|updated|modified|date|dato|datum|fecha';
const MOMENT_NAME = new RegExp(
  String.raw`(?:(?:^|[^\p{L}])(?:${MOMENTS})|\p{L}[ _.-]at|unix time|epoch time)[^\p{L}]*(?:\(.*\))?$`,
  'iu',
);
const MOST_CHARACTERS = 100;

const wordsOf = (name: string): string =>
  name
    .slice(-MOST_CHARACTERS)
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .trim();

/** Whether a column is called as columns of dates are: `Dato`, `Due date`, `createdAt`, `Rechnungsdatum`. */
export const isDateName = (name: string): boolean => DATE_NAME.test(wordsOf(name));

/** Whether a column is called as columns of moments are: `created_at`, `updatedAt`, `timestamp`. */
export const isMomentName = (name: string): boolean => MOMENT_NAME.test(wordsOf(name));
