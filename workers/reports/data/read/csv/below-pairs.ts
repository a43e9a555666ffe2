import { isNothing } from '../../values/empty.ts';
import { showUnits } from './head-rows.ts';
import {
  countFilled,
  haveValues,
  isHeader,
  isParted,
  isValue,
  isValueName,
  LOOKED_AT,
  type Sample,
} from './records.ts';

/** What lines above a table say something of: `Company;Acme`, `Periode;Oktober`. */
const SUBJECTS = [
  'company|client|customer|account|account holder|iban|bic|bank|period|date|report|title|currency|user|owner|address|project',
  'exported|generated|created|printed|source|from|to|department|store|filter|year|version|unit|organi[sz]ation|name|status',
  'firma|selskap|kunde|konto|periode|dato|rapport|tittel|valuta|bruker|eier|adresse|prosjekt|eksportert|opprettet|kilde',
  'fra|til|avdeling|butikk|år|enhet|navn|virksomhed|företag|kund|datum|titel|användare|från|avdelning|namn|skapad|källa',
  'unternehmen|kontoinhaber|zeitraum|bericht|währung|benutzer|inhaber|projekt|erstellt|exportiert|quelle|von|bis|abteilung',
  'jahr|einheit|société|client|compte|titulaire|période|rapport|titre|devise|utilisateur|adresse|projet|créé|source|du|au',
  'empresa|cliente|cuenta|titular|período|periodo|fecha|informe|título|moneda|usuario|proyecto|fuente|desde|hasta|año',
  'azienda|conto|data|valuta|utente|progetto|fonte|dal|al|anno|bedrijf|klant|rekening|munt|gebruiker|afdeling|jaar|bron',
  'yritys|asiakas|tili|jakso|päivä|raportti|valuutta|klient|okres|raport|waluta|zákazník|účet|období|měna',
];
const SUBJECT = new RegExp(String.raw`^(?:${SUBJECTS.join('|')})(?!\p{L})`, 'iu');

/** Pairs above a table are no more. */
const MOST_PAIRS = 10;
/** Lines above an empty one, above a table. */
const MOST_ABOVE = 30;

/** The cells of a record from the first column that any has something in. */
const cellsFrom = ({ cells }: Sample, left: number): string[] => cells.slice(left);

const leftOf = (records: readonly Sample[]): number =>
  Math.min(
    ...records.map(({ cells }) =>
      Math.max(
        0,
        cells.findIndex((cell) => cell !== ''),
      ),
    ),
  );

/** Whether a row says something of the whole, and is none of its table: `Company;Acme`. */
const isSubject = (record: Sample, left: number): boolean =>
  countFilled(record) <= 2 && SUBJECT.test(record.cells[left] ?? '');

/** The last row in which a column has no value, where it has them below that. */
function lastName(records: readonly Sample[], column: number): number {
  const isOther = ({ cells }: Sample) => {
    const cell = cells[column] ?? '';
    return cell !== '' && !isNothing(cell) && !isValue(cell);
  };
  return records.slice(0, LOOKED_AT).findLastIndex(isOther);
}

/** Whether the row at `at` names two columns, and those above are pairs of another sort. */
function isBelowPairs(records: readonly Sample[], at: number, left: number): boolean {
  const [header, next] = [records[at], records[at + 1]];
  const above = records.slice(0, at);
  if (!header || at < 1 || at > MOST_PAIRS || !isHeader(header, next) || countFilled(header) < 2) return false;
  const [name = '', value = ''] = cellsFrom(header, left);
  const rows = records.slice(at + 1, at + 1 + LOOKED_AT);
  const isNew = rows.every(({ cells }) => cells[left] !== name);
  const others = above.filter((record) => !isSubject(record, left));
  if (!isNew || others.some(({ cells }) => isValueName(cells[left + 1] ?? ''))) return false;
  const hasSubjects = others.length * 2 < above.length;
  if (isValueName(value)) return hasSubjects && rows.length > 1;
  return others.length === 0 && above.length > 1 && rows.length > 2 && !SUBJECT.test(name);
}

/** The header row below pairs that stand directly above a table of two columns; undefined where there are none. */
function belowNeighbours(records: readonly Sample[]): Sample | undefined {
  const left = leftOf(records);
  const looked = records.slice(0, LOOKED_AT);
  if (looked.some((record) => cellsFrom(record, left).filter(Boolean).length > 2)) return undefined;
  const last = lastName(records, left + 1);
  const at = last > 0 && showUnits(records.slice(last)) !== '' ? last - 1 : last;
  return isBelowPairs(records, at, left) ? records[at] : undefined;
}

/** Whether the first row names the columns of a table that goes on behind an empty line, at a row which has no names of values. */
function isOfTopTable([top]: readonly Sample[], record: Sample): boolean {
  if (!top || !isHeader(top, undefined) || countFilled(top) < countFilled(record)) return false;
  const left = leftOf([top]);
  const namesValues = cellsFrom(top, left + 1).some(isValueName);
  return (namesValues || countFilled(top) > 2) && !record.cells.some(isValueName);
}

/** The header row behind an empty line, where more rows stand below it than above, and those above are no table. */
function belowGap(records: readonly Sample[]): Sample | undefined {
  return records.slice(0, MOST_ABOVE).find((record, at) => {
    if (at === 0 || !isParted(records[at - 1], record) || !isHeader(record, records[at + 1])) return false;
    const below = records.slice(at + 1, at + 1 + LOOKED_AT);
    const isTable = haveValues(records.slice(1, at), 2);
    if (isTable || isOfTopTable(records, record)) return false;
    return countFilled(record) > 1 && below.length > at && haveValues(below, 2);
  });
}

/**
 * Finds the header row of a table below pairs that are as wide as it is, and that so look like its first rows: `Company;Acme`.
 * Undefined where nothing speaks for such pairs.
 */
export function findBelowPairs(records: readonly Sample[]): Sample | undefined {
  return records.length > 2 ? (belowGap(records) ?? belowNeighbours(records)) : undefined;
}
