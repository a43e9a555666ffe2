import { describe, expect, it } from '@jest/globals';
import { type AskedLayout, detectLayout } from '../../../../workers/reports/data/read/csv/csv-layout.ts';

const NONE = '\u001f';
const BOOKED = '01.10.2026;Rent;-45,00\n02.10.2026;Pay;1.234,50\n';

const VALUES = 'a;1,5\nb;2,5\nc;3\n';

describe('the layout of a CSV', () => {
  it.each<[string, string, string, number]>([
    ['a title filled up with empty cells, as Excel writes it', 'Sales;;;\nRegion;2024;2025;2026\nN;5;6;7\n', ';', 2],
    ['a title and an empty row, filled up', `Sales report;;\n;;\nDate;Text;Amount\n${BOOKED}`, ';', 3],
    ['pairs filled up', `Account:;1234.56.78901;\nPeriod:;Oct;\nDate;Text;Amount\n${BOOKED}`, ';', 3],
    ['a title above texts, filled up', 'Staff,,\nName,City,Dept\nAnn,Oslo,IT\nBob,Bergen,HR\n', ',', 2],
    [
      'three cells before wider rows',
      `Bank;Oslo;Norway\nDate;Text;Amount;Left\n1.1.2026;a;1;\n2.1.2026;b;2;3\n`,
      ';',
      2,
    ],
    ['a title above texts', 'Employees\nName;City\nAnn;Oslo\nBob;Bergen\n', ';', 2],
    ['names with other delimiters, all quoted', '"a","b;c","d""\t"\n', ',', 1],
    ['a title with a comma', 'Report, October\nName;Amount\nAnn;1,5\nBob;2,5\n', ';', 2],
    ['a title with a comma and numbers', 'Export of Oct 31, 2026\nname;amount\na;1,5\nb;2,5\n', ';', 2],
    ['a name with a comma', 'Note;Name;Amount, NOK\nx;Ann;1,5\ny;Bob;2,5\n', ';', 1],
    ['a title above texts that commas part', 'Employees\nname,city\nAnn,Oslo\nBob,Bergen\n', ',', 2],
    [
      'a preamble longer than the table',
      'Bank\nAccount: 1\nPeriod: Oct\nIn: EUR\n\nDate,Text,Amount\n2026-10-01,a,1.5\n',
      ',',
      6,
    ],
    ['decimal commas in one column', 'Beløp\n1,50\n2,50\n', NONE, 1],
    ['texts with commas in one column', 'comment\nGood, thanks\nBad, sorry\nNone\n', NONE, 1],
    ['dates with commas in one column', 'date\nOct 31, 2026\nNov 1, 2026\nNov 2, 2026\n', NONE, 1],
    ['names with commas in one column', 'name\nAnn\nBob, jr\nCid\nDan\n', NONE, 1],
    ['rows without their empty ends', 'name;amount;note\na;1,50\nb;2,50\nc;3,50;x\n', ';', 1],
    ['rows longer than the header row', 'name,city\nA,Oslo,x\nB,Bergen,5\n', ',', 1],
    ['a name that is missing', ';2024;2025\nN;5;6\nS;7;8\n', ';', 1],
    ['names that are missing at the end', 'a;v;;\nx;1;lost;\ny;2;;\n', ';', 1],
    ['a column that is mostly empty', 'name;amount;note\na;1;\nb;2;\nc;3;x\nd;4;\n', ';', 1],
    ['texts alone', 'name;city\nAnn;Oslo\nBob;Bergen\n', ';', 1],
    [
      'a preamble as wide as the table',
      `Kunde;Region;Periode\nAcme AS;Nord;Oktober\nDato;Vare;Beløp\n${BOOKED}3.10.2026;Tea;5,00\n`,
      ';',
      3,
    ],
    ['the same above a gap', 'Shop;Norway;Draft\nWeek;Item;Amount\n1;Tea;5\n2;Ale;\n3;Gin;7\n4;Rum;8\n', ';', 2],
    ['pairs above a column of values', `Company;Acme AS\nPeriod;October\nName;Amount\n${VALUES}`, ';', 3],
    ['pairs with numbers and dates', `Konto;12345\nDato;31.10.2026\nVare;Beløp\n${VALUES}`, ';', 3],
    ['pairs above a name that says nothing', `Kunde;Acme\nPeriode;Oktober\nBy;Folketall\n${VALUES}`, ';', 3],
    ['pairs and an empty line', `Eins;Acme\nZwei;Nord\n\nDrei;Vier\n${VALUES}`, ';', 4],
    ['pairs in other columns than the first', `;Company;Acme\n;Period;May\n;Name;Amount\n;a;1\n;b;2\n;c;4\n`, ';', 3],
    ['a row and an empty line within the table', 'name;amount\nA;10\n\nB;pending\nC;5\nD;6\nE;7\nF;8\n', ';', 1],
    ['rows of three texts and an empty line', 'n;m;o\nA;B;x\nC;D;y\n\nE;F;z\nG;H;5\nI;J;6\nK;L;7\nM;N;8\n', ';', 1],
    ['a title in other columns than the first', ';;Sales;\n;;Name;Amount\n;;a;1\n;;b;2\n;;c;3\n', ';', 2],
    ['texts that come before the values', 'Name;Value\nColour;Red\nSize;Large\nWeight;5\nHeight;7\nDepth;9\n', ';', 1],
    ['a company that comes first', 'Company;Status\nAcme;unknown\nBo;1\nCo;2\nDa;3\n', ';', 1],
    ['pairs alone', 'Key;Value\nname;Acme\ncity;Oslo\nowner;Kari\n', ';', 1],
    ['two tables, of which the first has more', `Name;City\nA;B\nC;D\nE;F\nG;H\n\nItem;Amount\nx;1\ny;2\n`, ';', 1],
    [
      'units below the names',
      'Date;Temp;Wind\ndate;degC;m/s\n2026-10-01;5;3\n2026-10-02;6;4\n2026-10-03;7;1\n',
      ';',
      1,
    ],
    [
      'types below the names',
      'Date,Amount,Count\ndate,decimal,integer\n2026-10-01,5.5,3\n2026-10-02,6.5,4\n2026-10-03,7.5,1\n',
      ',',
      1,
    ],
    [
      'words of no names below the names',
      'Product,Stock,Price\nTelescope,discontinued,request\nLens,3,4.5\nTripod,5,9\nBag,7,1\n',
      ',',
      1,
    ],
    ['units in words', 'Time,Speed,Load\nseconds,metres,kilograms\n1,3,4.5\n2,5,9\n3,7,1\n', ',', 1],
    ['values not known in the first row', 'Name;Budget;Actual\nNord;N/A;N/A\nSør;6;4\nVest;7;1\nØst;8;2\n', ';', 1],
    ['texts that come again', 'Name;Budget;Actual\nNord;ukjent;ukjent\nSør;6;4\nNord;7;1\nØst;8;2\n', ';', 1],
    ['one column of numbers', 'Name;City;Amount\nKari;Oslo;pending\nOla;Bergen;5\nPer;Bodø;6\nUna;Ås;7\n', ';', 1],
  ])('%s: its delimiter and its header row are found', (_name, content, delimiter, firstLine) => {
    expect(detectLayout(content, {})).toMatchObject({ delimiter, firstLine });
  });

  it.each<[string, string, AskedLayout, string, number]>([
    ['by the names of columns', 'Bank;Oslo\nCode;Text\nx;y\n', { keys: ['Text'] }, ';', 2],
    ['by a name with a comma', 'a, b\nx\ny\n', { keys: ['a, b'] }, NONE, 1],
    ['by what the request says', 'x;y\n1,5\n2,5\n', { delimiter: ',', skipRows: 1 }, ',', 2],
  ])('%s', (_name, content, asked, delimiter, firstLine) => {
    expect(detectLayout(content, asked)).toMatchObject({ delimiter, firstLine });
  });

  const USUAL = { quote: '"', escape: '"' };
  it.each<[string, string, object]>([
    ['quotes with a backslash before them', 'id,text\n1,"say \\"hi\\", ok"\n2,x\n', { escape: '\\' }],
    ['a folder that ends in a backslash', 'dir,n\n"C:\\a\\",1\n"D:\\b\\",2\n', USUAL],
    ['a backslash before a quote that is doubled', 'a,b\n"x\\""y",1\n', USUAL],
    ['names in single quotes', "'id','name'\n1,'Ann, jr'\n2,'O''Brien'\n", { quote: "'" }],
    ['one name in single quotes', "'name'\n'Ann, jr'\n'Bob'\n", { quote: "'" }],
    ['single quotes within names', "'s morning,Bob's,'\nO'Brien,x,1\n", USUAL],
    ['names in single quotes above what is not', "'a','b'\nx'y','z\n", USUAL],
  ])('%s: are quotes or letters', (_name, content, quoting) => {
    expect(detectLayout(content, {}).quoting).toMatchObject(quoting);
  });

  it.each([
    ['numbers above numbers', '1,2.5\n2,3.5\n', '1, 2.5'],
    ['a date above dates', '2026-10-01,Ann,5\n2026-10-02,Bob,6\n', '2026-10-01, Ann, 5'],
    ['one column of numbers', '1.5\n2.5\n', '1.5'],
    ['years above amounts', 'Region;2024;2025\nN;5;6\n', ''],
    ['days above amounts', 'Name;2026-10-01;2026-10-02\nAnn;5;6\n', ''],
    ['texts above texts', 'a,b\nx,y\n', ''],
    ['a header row alone', '1,2\n', ''],
  ])('%s: whether the header row looks like a row', (_name, content, unlikely) => {
    expect(detectLayout(content, {}).unlikely).toBe(unlikely);
    expect(detectLayout(content, { keys: ['#1'] }).unlikely).toBe(unlikely);
    expect(detectLayout(content, { header: true }).unlikely).toBe('');
    expect(detectLayout(content, { keys: [content.split(/[,;\n]/)[0] ?? ''] }).unlikely).toBe('');
  });

  it.each<[string, string, AskedLayout, string, number, number]>([
    ['numbers', '1;2,5\n2;3,5\n', {}, ';', 1, 2],
    ['texts, the first row shorter', '\nSum\nAnn\tOslo\tx\nBob\tBergen\ty\n', {}, '\t', 2, 3],
    ['one column', '1.5\n2.5\n', {}, NONE, 1, 1],
    ['behind lines to skip', 'x,y,z\n1,2\n3,4\n', { skipRows: 1, keys: ['#2'] }, ',', 2, 2],
    ['a line sep=', 'sep=|\n1,5|2\n', {}, '|', 2, 2],
    ['nothing', '\n', {}, NONE, 1, 0],
  ])('no header row, %s: the first row is one of the data', (_name, content, asked, delimiter, firstLine, width) => {
    const names = Array.from({ length: width }, (_, at) => `Column ${at + 1}`);
    const layout = detectLayout(content, { ...asked, header: false });
    expect(layout).toMatchObject({ delimiter, firstLine, names, preamble: '', unlikely: '' });
  });

  it.each([
    ['in brackets', 'Item;Weight;Price\ntext;(kg);(NOK)\na;1;2\nb;2;3\n', 'text (kg) (NOK)'],
    ['alone', 'Name;Amount\n;kr\na;1\nb;2\n', 'kr'],
    ['that are types', 'Date,Amount\ndate,decimal\n2026-10-01,5.5\n2026-10-02,6.5\n', 'date decimal'],
    ['that is a row', 'City;Share\nOslo;%\nBergen;5\nBodø;7\n', ''],
    ['that is nothing', 'City;Share\n;-\nBergen;5\nBodø;7\n', ''],
    ['that is not known yet', 'Airport;Fee\nOSL;TBD\nBGO;5\nTRD;6\n', ''],
    ['that are remarks in brackets', 'Name;Amount\n(Acme);(unknown)\nB;4\nC;5\n', ''],
    ['of several words', 'Name;Share;Amount\n;(in %);(mill. kr)\nB;4;1\nC;5;2\n', '(in %) (mill. kr)'],
    ['that says something else', 'City;Share\n;preliminary\nBergen;5\nBodø;7\n', ''],
  ])('a row of units %s: is told from rows of data', (_name, content, units) => {
    expect(detectLayout(content, {})).toMatchObject({ units, firstLine: 1 });
  });

  it('names of groups above names that come twice: belong to them', () => {
    const content = ';North;;South;\nName;Amount;Count;Amount;Count\na;1;2;3;4\nb;2;3;4;5\n';
    const groups = ['', 'North', 'North', 'South', 'South'];
    expect(detectLayout(content, {})).toMatchObject({ firstLine: 2, groups, preamble: '' });
    expect(detectLayout(content, { keys: ['Amount'] })).toMatchObject({ firstLine: 2, groups: undefined });
    const title = detectLayout(`Sales;;;;\n${content.slice(content.indexOf('\n') + 1)}`, {});
    expect(title).toMatchObject({ firstLine: 2, groups: undefined, preamble: 'Sales' });
  });
});
