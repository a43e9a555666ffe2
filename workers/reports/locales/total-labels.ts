import type { Total } from '../input/columns.ts';
import type { Messages } from './messages.ts';

type Figures = Record<'avg' | 'min' | 'max' | 'count', string>;

/** What a row of totals is called, other than the sum. */
const ENGLISH: Figures = { avg: 'Average', min: 'Minimum', max: 'Maximum', count: 'Count' };
const NORWEGIAN: Figures = { avg: 'Gjennomsnitt', min: 'Minimum', max: 'Maksimum', count: 'Antall' };
const LANGUAGES: Record<string, Figures> = {
  da: { avg: 'Gennemsnit', min: 'Minimum', max: 'Maksimum', count: 'Antal' },
  de: { avg: 'Durchschnitt', min: 'Minimum', max: 'Maximum', count: 'Anzahl' },
  en: ENGLISH,
  es: { avg: 'Media', min: 'Mínimo', max: 'Máximo', count: 'Número' },
  fi: { avg: 'Keskiarvo', min: 'Pienin', max: 'Suurin', count: 'Lukumäärä' },
  fr: { avg: 'Moyenne', min: 'Minimum', max: 'Maximum', count: 'Nombre' },
  it: { avg: 'Media', min: 'Minimo', max: 'Massimo', count: 'Numero' },
  nb: NORWEGIAN,
  nl: { avg: 'Gemiddelde', min: 'Minimum', max: 'Maximum', count: 'Aantal' },
  nn: { ...NORWEGIAN, avg: 'Gjennomsnitt', count: 'Tal' },
  no: NORWEGIAN,
  pl: { avg: 'Średnia', min: 'Minimum', max: 'Maksimum', count: 'Liczba' },
  sv: { avg: 'Medelvärde', min: 'Minimum', max: 'Maximum', count: 'Antal' },
};

/** The labels of a table's totals in a report's language. */
export const totalLabels = (lang: string, messages: Messages): Record<Total, string> => ({
  sum: messages.total,
  ...(LANGUAGES[new Intl.Locale(lang).language] ?? ENGLISH),
});
