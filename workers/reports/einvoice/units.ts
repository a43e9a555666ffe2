import { UNIT_CODES } from './code-lists.ts';

/** What is counted without a unit. */
const ONE = 'C62';

/** The code of each unit, and how people write it, in lower case without a full stop at its end. */
const WRITTEN: Readonly<Record<string, string>> = {
  [ONE]: 'one unit units einheit einheiten unité unités unidad unidades unità eenheid eenheden',
  H87: `pc pcs piece pieces pce stk st stck stück stücke stykk stykker stykke styck styk pièce pièces pieza piezas
    pezzo pezzi pz pza stuk stuks szt sztuka sztuki kpl kappale kappaletta peça peças`,
  EA: 'ea each',
  HUR: `h hr hrs hour hours std stunde stunden time timer timme timmar tim tunti tuntia heure heures hora horas
    ora ore uur uren u godz godzina godziny`,
  MIN: 'min mins minute minutes minuten minutt minutter minuter minuto minutos minuti minuut minuta minuty minuutti',
  SEC: 's sec secs second seconds sek sekunde sekunden sekund sekunder',
  DAY: 'd day days tag tage dag dager dage dagar jour jours día días dia dias giorno giorni dagen dzień dni päivä pv',
  WEE: 'wk week weeks woche wochen uke uker vecka veckor uge uger semaine semaines semana semanas settimana settimane',
  MON: `mo mon month months monat monate måned måneder mnd månad månader md mois mes meses mese mesi maand maanden
    miesiąc miesiące kuukausi kk`,
  QAN: 'quarter quarters quartal quartale kvartal trimestre trimestres kwartaal',
  ANN: 'yr year years jahr jahre år an ans année années año años anno anni jaar jaren rok lata vuosi',
  E48: 'service services tjeneste dienstleistung leistung prestation servicio servizio dienst usługa',
  LS: 'ls lump lumpsum pauschal pauschale psch forfait forfett rundsum fastpris rs ryczałt',
  KGM: 'kg kgs kilo kilos kilogram kilograms kilogramm kilogrammes',
  GRM: 'g gr gram grams gramm gramme grammes',
  MGM: 'mg',
  TNE: 'to tonne tonnes tonn tonnen ton tons tonnellata tonelada',
  LBR: 'lb lbs pound pounds',
  ONZ: 'oz ounce ounces',
  LTR: 'l ltr litre litres liter liters litro litros litri',
  DLT: 'dl',
  CLT: 'cl',
  MLT: 'ml',
  HLT: 'hl',
  GLL: 'gal gallon gallons',
  MTR: 'm mtr metre metres meter meters mètre mètres metro metros metri',
  CMT: 'cm',
  MMT: 'mm',
  KMT: 'km kilometre kilometres kilometer kilometers kilomètre kilomètres',
  LM: 'lm lfm lpm løpemeter',
  SMI: 'mi mile miles',
  FOT: 'ft foot feet',
  INH: 'in inch inches',
  YRD: 'yd yard yards',
  MTK: 'm2 m² qm sqm kvm',
  FTK: 'ft2 ft² sqft',
  MTQ: 'm3 m³ cbm kbm',
  CMQ: 'cm3 cm³ ccm',
  KWH: 'kwh',
  MWH: 'mwh',
  AD: 'byte bytes',
  '4L': 'mb',
  E34: 'gb',
  E35: 'tb',
  P1: '% percent prozent prosent procent',
  PR: 'pair pairs paar par paire paires paio',
  DZN: 'dz dzn dozen dutzend dusin douzaine docena dozzina',
  SET: 'set sets sett satz jeu jeux',
  NMP: 'pack packs pk pkg pakke pakker pakk paket pakete ve',
  XBX: 'box boxes boks eske kiste schachtel boîte boîtes caja cajas scatola doos',
  XCT: 'carton cartons karton kartons kartong krt ctn',
  XPX: 'pallet pallets palette paletten pall paller palle',
  XBO: 'bottle bottles fl flasche flaschen flaske flasker bouteille bouteilles botella botellas bottiglia',
  XBG: 'bag bags sekk sack beutel sac bolsa sacco',
  XRO: 'roll rolls rull ruller rolle rollen rouleau rollo rotolo',
  XCA: 'can cans dose dosen',
  IE: 'person persons personen personer personne personnes persona personas persone',
  E54: 'trip trips fahrt fahrten tur turer',
};

const CODES = new Map(
  Object.entries(WRITTEN).flatMap(([code, names]) => names.split(/\s+/).map((name) => [name, code] as const)),
);

/** A t is an hour where people say "time", and a tonne elsewhere. */
const HOURS = ['nb', 'nn', 'no', 'da'];

/**
 * The code of UN/ECE recommendation 20 for a unit as people write it (`h`, `Stk.`, `kg`), which may be the code itself;
 * C62, "one", where it is neither.
 * `lang` is the language that it is written in.
 */
export function unitCodeOf(unit = '', lang = 'en'): string {
  const plain = unit.trim();
  if (/^t\.?$/i.test(plain)) return HOURS.includes(lang) ? 'HUR' : 'TNE';
  const written = CODES.get(plain.toLowerCase().replace(/\.$/, ''));
  return written ?? (UNIT_CODES.has(plain) ? plain : ONE);
}
