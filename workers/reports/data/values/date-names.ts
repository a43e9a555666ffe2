const WORDS =
  'date|dates|dato|datum|day|dag|tag|fecha|data|dia|día|giorno|jour|päivä|pvm|dzień|due|forfall|utløp|dob|født|born|' +
  'birthday|created|updated|from|to|until|fra|til|von|bis|från|till|du|au|desde|hasta|start|end|begin';
const DATE_NAME = new RegExp(
  String.raw`(?:^|[^\p{L}])(?:${WORDS})(?!\p{L})|(?:date|dato|datum|dag|tag|day|päivä)(?!\p{L})`,
  'iu',
);
const MOST_CHARACTERS = 100;

/** Whether a column is called as columns of dates are: `Dato`, `Due date`, `createdAt`, `Rechnungsdatum`. */
export const isDateName = (name: string): boolean =>
  DATE_NAME.test(name.slice(-MOST_CHARACTERS).replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2'));
