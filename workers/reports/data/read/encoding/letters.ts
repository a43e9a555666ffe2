import type { Encoding } from '../../../input/table.ts';

/** A language by the letters that it has beyond a to z, and the encodings that it is written in. */
export interface Alphabet {
  /** The tags of languages that have these letters. */
  languages: string;
  letters: string;
  /** Of a script of its own: those that make up most of a text, and what no word has. */
  common?: string;
  never?: RegExp;
  encodings: readonly Encoding[];
}

const WEST = ['windows-1252', 'iso-8859-15', 'macintosh'] as const;
const CENTRAL = ['windows-1250', 'iso-8859-2'] as const;
const CYRILLIC = ['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5'] as const;

/** The alphabets that single bytes are judged by, the likelier first where nothing else tells. */
export const ALPHABETS: readonly Alphabet[] = [
  { languages: 'nb nn no da', letters: 'æøåéèêóòôà', encodings: WEST },
  { languages: 'de', letters: 'äöüß', encodings: WEST },
  { languages: 'fr', letters: 'éèêëàâçîïôùûüœæÿ', encodings: WEST },
  { languages: 'es', letters: 'áéíóúñü', encodings: WEST },
  { languages: 'en', letters: 'éèêïöüñç', encodings: WEST },
  { languages: 'sv fi', letters: 'åäöé', encodings: WEST },
  { languages: 'pt', letters: 'ãõáâàéêíóôúç', encodings: WEST },
  { languages: 'it', letters: 'àèéìòù', encodings: WEST },
  { languages: 'nl', letters: 'ëïéèöüê', encodings: WEST },
  { languages: 'is', letters: 'áéíóúýþðæö', encodings: WEST },
  { languages: 'ca', letters: 'àçèéíïòóúü', encodings: WEST },
  { languages: 'pl', letters: 'ąćęłńóśźż', encodings: CENTRAL },
  { languages: 'cs sk', letters: 'áäčďéěíĺľňóôřŕšťúůýž', encodings: CENTRAL },
  { languages: 'hu', letters: 'áéíóöőúüű', encodings: CENTRAL },
  { languages: 'hr sl bs sr', letters: 'čćđšž', encodings: CENTRAL },
  { languages: 'ro', letters: 'ăâîşţșț', encodings: CENTRAL },
  {
    languages: 'he',
    letters: 'אבגדהוזחטיךכלםמןנסעףפץצקרשת',
    common: 'יוהלארתבמש',
    never: /[ךםןףץ][א-ת]/,
    encodings: ['windows-1255'],
  },
  {
    languages: 'ru be bg mk sr',
    letters: 'абвгдежзийклмнопрстуфхцчшщъыьэюяёўјљњћџђѓќѕ',
    common: 'оеаинтсрвл',
    never: /^[ъьы]/,
    encodings: CYRILLIC,
  },
  {
    languages: 'uk',
    letters: 'абвгдежзийклмнопрстуфхцчшщьюяіїєґ',
    common: 'оаинітевср',
    encodings: ['windows-1251', 'koi8-u', 'iso-8859-5'],
  },
  {
    languages: 'el',
    letters: 'αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ',
    common: 'αοιετσνηυρ',
    never: /ς[α-ω]/,
    encodings: ['windows-1253', 'iso-8859-7'],
  },
  { languages: 'tr az', letters: 'çğıöşüİâî', encodings: ['windows-1254'] },
  { languages: 'lt', letters: 'ąčęėįšųūž', encodings: ['windows-1257'] },
  { languages: 'lv', letters: 'āčēģīķļņšūž', encodings: ['windows-1257'] },
  { languages: 'et', letters: 'äõöüšž', encodings: ['windows-1257'] },
  {
    languages: 'ar',
    letters: 'ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ',
    common: 'اليمونرتبع',
    encodings: ['windows-1256'],
  },
  { languages: 'vi', letters: 'ăâđêôơưáàéèíóúýãñ', encodings: ['windows-1258'] },
];

/** Characters that East Asian tables are full of, by the encoding of who writes them so. */
export const IDEOGRAPHS: Readonly<Partial<Record<Encoding, RegExp>>> = {
  shift_jis: /[ぁ-んァ-ヶー日付金額円東京大阪市県合計名称番号年月商品数量単価区分]/u,
  'euc-jp': /[ぁ-んァ-ヶー日付金額円東京大阪市県合計名称番号年月商品数量単価区分]/u,
  'euc-kr': /[가-힣]/u,
  gb18030:
    /[的一是不了在人有我他这个们中来上大为国地到说时要会可你对生能而子那得于着下自之年过发后作里日期金额数量合计名称编号价格月元北京海市区产品单总客户订类型备注姓电话址省]/u,
  big5: /[的一是不了在人有我他這個們中來上大為國地到說時要會可你對生能而子那得於著下自之年過發後作裡日期金額數量合計名稱編號價格月元臺台北市區產品單總客戶訂類型備註姓電話址縣]/u,
};
