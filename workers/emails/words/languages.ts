/** What mails add by themselves. `{name}` and `{title}` are filled in; something follows a name. */
export interface MailWords {
  hello: string;
  /** The subject of a report that is ready. */
  isReady: string;
  openReport: string;
  show: string;
  unsubscribe: string;
}

type Row = [hello: string, isReady: string, openReport: string, show: string, unsubscribe: string];
const write = (...[hello, isReady, openReport, show, unsubscribe]: Row): MailWords => ({
  ...{ hello, isReady, openReport, show, unsubscribe },
});

const ENGLISH = write('Hello {name},', '{title} is ready', 'Open the report', 'Show', 'Unsubscribe');
const BOKMAL = write('Hei {name},', '{title} er klar', 'Åpne rapporten', 'Vis', 'Meld deg av');

/** By language; one that differs by script or country has a further entry under that name. */
export const WORDS = {
  ar: write('مرحبًا {name}،', '{title}: جاهز', 'فتح التقرير', 'عرض', 'إلغاء الاشتراك'),
  bg: write('Здравейте, {name}!', '{title}: готово', 'Отваряне на отчета', 'Показване', 'Отписване'),
  cs: write('Dobrý den, {name},', '{title}: připraveno', 'Otevřít zprávu', 'Zobrazit', 'Odhlásit odběr'),
  da: write('Hej {name},', '{title} er klar', 'Åbn rapporten', 'Vis', 'Afmeld'),
  de: write('Hallo {name},', '{title}: jetzt verfügbar', 'Bericht öffnen', 'Anzeigen', 'Abmelden'),
  el: write('Γεια σας {name},', '{title}: έτοιμο', 'Άνοιγμα της αναφοράς', 'Προβολή', 'Κατάργηση εγγραφής'),
  en: ENGLISH,
  es: write('Hola, {name}:', '{title}: ya disponible', 'Abrir el informe', 'Ver', 'Cancelar la suscripción'),
  et: write('Tere, {name}!', '{title} on valmis', 'Ava aruanne', 'Näita', 'Loobu tellimusest'),
  fi: write('Hei {name},', '{title} on valmis', 'Avaa raportti', 'Näytä', 'Peruuta tilaus'),
  fr: write('Bonjour {name},', '{title} : disponible', 'Ouvrir le rapport', 'Afficher', 'Se désabonner'),
  he: write('שלום {name},', '{title}: מוכן', 'פתיחת הדוח', 'הצגה', 'ביטול הרשמה'),
  hr: write('Pozdrav {name},', '{title}: spremno', 'Otvori izvještaj', 'Prikaži', 'Odjava'),
  hu: write('Kedves {name}!', '{title}: elkészült', 'Jelentés megnyitása', 'Megjelenítés', 'Leiratkozás'),
  is: write('Halló {name},', '{title}: tilbúið', 'Opna skýrsluna', 'Sýna', 'Afskrá'),
  it: write('Ciao {name},', '{title}: disponibile', 'Apri il report', 'Mostra', 'Annulla l’iscrizione'),
  ja: write('{name} 様', '{title}の準備ができました', 'レポートを開く', '表示', '配信停止'),
  ko: write('{name} 님, 안녕하세요.', '{title} 준비 완료', '보고서 열기', '보기', '수신 거부'),
  lt: write('Sveiki, {name},', '{title}: paruošta', 'Atidaryti ataskaitą', 'Rodyti', 'Atsisakyti prenumeratos'),
  lv: write('Sveiki, {name}!', '{title}: gatavs', 'Atvērt pārskatu', 'Rādīt', 'Atteikties no abonementa'),
  nb: BOKMAL,
  nl: write('Hallo {name},', '{title} is klaar', 'Rapport openen', 'Tonen', 'Afmelden'),
  nn: write('Hei {name},', '{title} er klar', 'Opne rapporten', 'Vis', 'Meld deg av'),
  no: BOKMAL,
  pl: write('Dzień dobry, {name},', '{title}: gotowe', 'Otwórz raport', 'Pokaż', 'Wypisz się'),
  pt: write('Olá, {name},', '{title}: disponível', 'Abrir o relatório', 'Mostrar', 'Cancelar a subscrição'),
  'pt-BR': write('Olá, {name},', '{title}: disponível', 'Abrir o relatório', 'Mostrar', 'Cancelar a inscrição'),
  ro: write('Bună ziua, {name},', '{title}: disponibil', 'Deschide raportul', 'Afișează', 'Dezabonare'),
  sk: write('Dobrý deň, {name},', '{title}: pripravené', 'Otvoriť správu', 'Zobraziť', 'Odhlásiť odber'),
  sl: write('Pozdravljeni, {name},', '{title}: pripravljeno', 'Odpri poročilo', 'Prikaži', 'Odjava'),
  sv: write('Hej {name},', '{title} är klar', 'Öppna rapporten', 'Visa', 'Avsluta prenumerationen'),
  tr: write('Merhaba {name},', '{title} hazır', 'Raporu aç', 'Göster', 'Abonelikten çık'),
  uk: write('Вітаємо, {name}!', '{title}: готово', 'Відкрити звіт', 'Показати', 'Відписатися'),
  'zh-Hans': write('{name}，您好：', '{title}已就绪', '打开报告', '查看', '退订'),
  'zh-Hant': write('{name}，您好：', '{title}已備妥', '開啟報告', '檢視', '取消訂閱'),
} as const satisfies Readonly<Record<string, MailWords>>;
