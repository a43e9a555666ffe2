/** The words that a report adds by itself. */
export interface Words {
  footer: string;
  total: string;
  monthlyReport: string;
  user: string;
  name: string;
  period: string;
  created: string;
  entries: string;
  details: string;
}

const ENGLISH: Words = {
  footer: 'Page {page} of {pages}',
  total: 'Total',
  monthlyReport: 'Monthly report',
  user: 'User',
  name: 'Name',
  period: 'Period',
  created: 'Created',
  entries: 'Entries',
  details: 'Details',
};

const NORWEGIAN: Words = {
  footer: 'Side {page} av {pages}',
  total: 'Sum',
  monthlyReport: 'Månedsrapport',
  user: 'Bruker',
  name: 'Navn',
  period: 'Periode',
  created: 'Opprettet',
  entries: 'Poster',
  details: 'Detaljer',
};

const LANGUAGES: Record<string, Words> = {
  en: ENGLISH,
  nb: NORWEGIAN,
  no: NORWEGIAN,
  nn: {
    ...NORWEGIAN,
    monthlyReport: 'Månadsrapport',
    user: 'Brukar',
    name: 'Namn',
    created: 'Oppretta',
    entries: 'Postar',
    details: 'Detaljar',
  },
  da: {
    ...NORWEGIAN,
    footer: 'Side {page} af {pages}',
    total: 'I alt',
    monthlyReport: 'Månedsrapport',
    created: 'Oprettet',
  },
  sv: {
    footer: 'Sida {page} av {pages}',
    total: 'Summa',
    monthlyReport: 'Månadsrapport',
    user: 'Användare',
    name: 'Namn',
    period: 'Period',
    created: 'Skapad',
    entries: 'Poster',
    details: 'Detaljer',
  },
  de: {
    footer: 'Seite {page} von {pages}',
    total: 'Summe',
    monthlyReport: 'Monatsbericht',
    user: 'Benutzer',
    name: 'Name',
    period: 'Zeitraum',
    created: 'Erstellt',
    entries: 'Einträge',
    details: 'Einzelheiten',
  },
  fr: {
    footer: 'Page {page} sur {pages}',
    total: 'Total',
    monthlyReport: 'Rapport mensuel',
    user: 'Utilisateur',
    name: 'Nom',
    period: 'Période',
    created: 'Créé le',
    entries: 'Entrées',
    details: 'Détails',
  },
  es: {
    footer: 'Página {page} de {pages}',
    total: 'Total',
    monthlyReport: 'Informe mensual',
    user: 'Usuario',
    name: 'Nombre',
    period: 'Período',
    created: 'Creado',
    entries: 'Entradas',
    details: 'Detalles',
  },
};

/** The words of a language tag; those of a language that isn't here are English. */
export const wordsFor = (lang: string): Words => LANGUAGES[new Intl.Locale(lang).language] ?? ENGLISH;
