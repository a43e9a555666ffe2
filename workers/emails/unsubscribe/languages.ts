/** What the page says. `{address}`, `{stream}` and `{sender}` are filled in. */
export interface UnsubscribeWords {
  skip: string;
  ask: string;
  askStream: string;
  /** In the place of `askStream`, where the stream has no name that people know. */
  askThis: string;
  unsubscribe: string;
  /** Of all mail of the sender. */
  stopAll: string;
  stopAllHint: string;
  /** Above the other streams of the sender. */
  others: string;
  done: string;
  doneStream: string;
  doneThis: string;
  doneAll: string;
  undo: string;
  undone: string;
  undoneText: string;
  unknown: string;
  unknownText: string;
}

const en: UnsubscribeWords = {
  skip: 'Skip to the content',
  ask: 'Unsubscribe?',
  askStream: '{address} will no longer get “{stream}” from {sender}.',
  askThis: '{address} will no longer get mails like this one from {sender}.',
  unsubscribe: 'Unsubscribe',
  stopAll: 'Stop all mail from {sender}',
  stopAllHint: 'Receipts, passwords and the like stop too.',
  others: 'Also from {sender}',
  done: 'You are unsubscribed',
  doneStream: '{address} gets no more “{stream}” from {sender}. You can close this page.',
  doneThis: '{address} gets no more mails like this one from {sender}. You can close this page.',
  doneAll: '{address} gets no more mail from {sender}. You can close this page.',
  undo: 'Undo',
  undone: 'Undone',
  undoneText: '{address} gets mail from {sender} as before.',
  unknown: 'This link is not known',
  unknownText: 'Is it whole? Some mail programs cut long links: copy all of it from the mail.',
};

const nb: UnsubscribeWords = {
  skip: 'Hopp til innholdet',
  ask: 'Melde deg av?',
  askStream: '{address} vil ikke lenger få «{stream}» fra {sender}.',
  askThis: '{address} vil ikke lenger få slike e-poster fra {sender}.',
  unsubscribe: 'Meld meg av',
  stopAll: 'Stopp all e-post fra {sender}',
  stopAllHint: 'Da stopper også kvitteringer, passord og lignende.',
  others: 'Også fra {sender}',
  done: 'Du er meldt av',
  doneStream: '{address} får ikke lenger «{stream}» fra {sender}. Du kan lukke denne siden.',
  doneThis: '{address} får ikke lenger slike e-poster fra {sender}. Du kan lukke denne siden.',
  doneAll: '{address} får ikke lenger e-post fra {sender}. Du kan lukke denne siden.',
  undo: 'Angre',
  undone: 'Angret',
  undoneText: '{address} får e-post fra {sender} som før.',
  unknown: 'Denne lenken er ukjent',
  unknownText: 'Er den hel? Noen e-postprogrammer kutter lange lenker: kopier hele lenken fra e-posten.',
};

const nn: UnsubscribeWords = {
  skip: 'Hopp til innhaldet',
  ask: 'Melde deg av?',
  askStream: '{address} vil ikkje lenger få «{stream}» frå {sender}.',
  askThis: '{address} vil ikkje lenger få slike e-postar frå {sender}.',
  unsubscribe: 'Meld meg av',
  stopAll: 'Stopp all e-post frå {sender}',
  stopAllHint: 'Då stoppar òg kvitteringar, passord og liknande.',
  others: 'Òg frå {sender}',
  done: 'Du er meld av',
  doneStream: '{address} får ikkje lenger «{stream}» frå {sender}. Du kan lukke denne sida.',
  doneThis: '{address} får ikkje lenger slike e-postar frå {sender}. Du kan lukke denne sida.',
  doneAll: '{address} får ikkje lenger e-post frå {sender}. Du kan lukke denne sida.',
  undo: 'Angre',
  undone: 'Angra',
  undoneText: '{address} får e-post frå {sender} som før.',
  unknown: 'Denne lenkja er ukjend',
  unknownText: 'Er ho heil? Nokre e-postprogram kuttar lange lenkjer: kopier heile lenkja frå e-posten.',
};

const da: UnsubscribeWords = {
  skip: 'Gå til indholdet',
  ask: 'Afmelde dig?',
  askStream: '{address} får ikke længere “{stream}” fra {sender}.',
  askThis: '{address} får ikke længere e-mails som denne fra {sender}.',
  unsubscribe: 'Afmeld mig',
  stopAll: 'Stop al e-mail fra {sender}',
  stopAllHint: 'Så stopper også kvitteringer, adgangskoder og lignende.',
  others: 'Også fra {sender}',
  done: 'Du er afmeldt',
  doneStream: '{address} får ikke længere “{stream}” fra {sender}. Du kan lukke denne side.',
  doneThis: '{address} får ikke længere e-mails som denne fra {sender}. Du kan lukke denne side.',
  doneAll: '{address} får ikke længere e-mail fra {sender}. Du kan lukke denne side.',
  undo: 'Fortryd',
  undone: 'Fortrudt',
  undoneText: '{address} får e-mail fra {sender} som før.',
  unknown: 'Dette link er ukendt',
  unknownText: 'Er det helt? Nogle mailprogrammer afkorter lange links: kopiér hele linket fra e-mailen.',
};

const sv: UnsubscribeWords = {
  skip: 'Hoppa till innehållet',
  ask: 'Avsluta prenumerationen?',
  askStream: '{address} får inte längre ”{stream}” från {sender}.',
  askThis: '{address} får inte längre sådana mejl från {sender}.',
  unsubscribe: 'Avsluta',
  stopAll: 'Stoppa all e-post från {sender}',
  stopAllHint: 'Då stoppas även kvitton, lösenord och liknande.',
  others: 'Också från {sender}',
  done: 'Prenumerationen är avslutad',
  doneStream: '{address} får inte längre ”{stream}” från {sender}. Du kan stänga sidan.',
  doneThis: '{address} får inte längre sådana mejl från {sender}. Du kan stänga sidan.',
  doneAll: '{address} får inte längre e-post från {sender}. Du kan stänga sidan.',
  undo: 'Ångra',
  undone: 'Ångrat',
  undoneText: '{address} får e-post från {sender} som tidigare.',
  unknown: 'Länken är okänd',
  unknownText: 'Är den hel? En del e-postprogram kapar långa länkar: kopiera hela länken från mejlet.',
};

const fi: UnsubscribeWords = {
  skip: 'Siirry sisältöön',
  ask: 'Peruutetaanko tilaus?',
  askStream: '{address} ei enää saa viestejä ”{stream}” lähettäjältä {sender}.',
  askThis: '{address} ei enää saa tällaisia viestejä lähettäjältä {sender}.',
  unsubscribe: 'Peruuta tilaus',
  stopAll: 'Estä kaikki sähköposti lähettäjältä {sender}',
  stopAllHint: 'Myös kuitit, salasanat ja muut vastaavat viestit loppuvat.',
  others: 'Myös lähettäjältä {sender}',
  done: 'Tilaus on peruutettu',
  doneStream: '{address} ei enää saa viestejä ”{stream}” lähettäjältä {sender}. Voit sulkea tämän sivun.',
  doneThis: '{address} ei enää saa tällaisia viestejä lähettäjältä {sender}. Voit sulkea tämän sivun.',
  doneAll: '{address} ei enää saa sähköpostia lähettäjältä {sender}. Voit sulkea tämän sivun.',
  undo: 'Kumoa',
  undone: 'Kumottu',
  undoneText: '{address} saa sähköpostia lähettäjältä {sender} kuten ennenkin.',
  unknown: 'Linkkiä ei tunneta',
  unknownText: 'Onko se kokonainen? Jotkin sähköpostiohjelmat katkaisevat pitkät linkit: kopioi koko linkki viestistä.',
};

const de: UnsubscribeWords = {
  skip: 'Zum Inhalt springen',
  ask: 'Abmelden?',
  askStream: '{address} erhält dann kein „{stream}“ mehr von {sender}.',
  askThis: '{address} erhält dann keine solchen E-Mails mehr von {sender}.',
  unsubscribe: 'Abmelden',
  stopAll: 'Keine E-Mails mehr von {sender}',
  stopAllHint: 'Auch Quittungen, Passwörter und Ähnliches kommen dann nicht mehr.',
  others: 'Auch von {sender}',
  done: 'Sie sind abgemeldet',
  doneStream: '{address} erhält kein „{stream}“ mehr von {sender}. Sie können diese Seite schließen.',
  doneThis: '{address} erhält keine solchen E-Mails mehr von {sender}. Sie können diese Seite schließen.',
  doneAll: '{address} erhält keine E-Mails mehr von {sender}. Sie können diese Seite schließen.',
  undo: 'Rückgängig machen',
  undone: 'Rückgängig gemacht',
  undoneText: '{address} erhält E-Mails von {sender} wie bisher.',
  unknown: 'Dieser Link ist unbekannt',
  unknownText: 'Ist er vollständig? Manche Mailprogramme kürzen lange Links: Kopieren Sie ihn ganz aus der E-Mail.',
};

const nl: UnsubscribeWords = {
  skip: 'Naar de inhoud',
  ask: 'Afmelden?',
  askStream: '{address} krijgt dan geen “{stream}” meer van {sender}.',
  askThis: '{address} krijgt dan geen e-mails zoals deze meer van {sender}.',
  unsubscribe: 'Afmelden',
  stopAll: 'Geen e-mail meer van {sender}',
  stopAllHint: 'Ook bonnen, wachtwoorden en dergelijke komen dan niet meer.',
  others: 'Ook van {sender}',
  done: 'U bent afgemeld',
  doneStream: '{address} krijgt geen “{stream}” meer van {sender}. U kunt deze pagina sluiten.',
  doneThis: '{address} krijgt geen e-mails zoals deze meer van {sender}. U kunt deze pagina sluiten.',
  doneAll: '{address} krijgt geen e-mail meer van {sender}. U kunt deze pagina sluiten.',
  undo: 'Ongedaan maken',
  undone: 'Ongedaan gemaakt',
  undoneText: '{address} krijgt e-mail van {sender} zoals voorheen.',
  unknown: 'Deze link is onbekend',
  unknownText: 'Is hij volledig? Sommige mailprogramma’s kappen lange links af: kopieer hem helemaal uit de e-mail.',
};

const fr: UnsubscribeWords = {
  skip: 'Aller au contenu',
  ask: 'Vous désabonner ?',
  askStream: '{address} ne recevra plus « {stream} » de {sender}.',
  askThis: '{address} ne recevra plus de messages comme celui-ci de {sender}.',
  unsubscribe: 'Se désabonner',
  stopAll: 'Ne plus rien recevoir de {sender}',
  stopAllHint: 'Les reçus, mots de passe et messages semblables cesseront aussi.',
  others: 'Également de {sender}',
  done: 'Vous êtes désabonné',
  doneStream: '{address} ne reçoit plus « {stream} » de {sender}. Vous pouvez fermer cette page.',
  doneThis: '{address} ne reçoit plus de messages comme celui-ci de {sender}. Vous pouvez fermer cette page.',
  doneAll: '{address} ne reçoit plus aucun message de {sender}. Vous pouvez fermer cette page.',
  undo: 'Annuler',
  undone: 'Annulé',
  undoneText: '{address} reçoit les messages de {sender} comme avant.',
  unknown: 'Ce lien est inconnu',
  unknownText:
    'Est-il complet ? Certaines messageries coupent les longs liens : copiez-le en entier depuis le message.',
};

const es: UnsubscribeWords = {
  skip: 'Ir al contenido',
  ask: '¿Cancelar la suscripción?',
  askStream: '{address} dejará de recibir «{stream}» de {sender}.',
  askThis: '{address} dejará de recibir correos como este de {sender}.',
  unsubscribe: 'Cancelar la suscripción',
  stopAll: 'No recibir más correo de {sender}',
  stopAllHint: 'También dejarán de llegar recibos, contraseñas y similares.',
  others: 'También de {sender}',
  done: 'Suscripción cancelada',
  doneStream: '{address} ya no recibe «{stream}» de {sender}. Puede cerrar esta página.',
  doneThis: '{address} ya no recibe correos como este de {sender}. Puede cerrar esta página.',
  doneAll: '{address} ya no recibe correo de {sender}. Puede cerrar esta página.',
  undo: 'Deshacer',
  undone: 'Deshecho',
  undoneText: '{address} recibe correo de {sender} como antes.',
  unknown: 'Este enlace no se conoce',
  unknownText: '¿Está completo? Algunos programas de correo cortan los enlaces largos: cópielo entero del correo.',
};

const it: UnsubscribeWords = {
  skip: 'Vai al contenuto',
  ask: 'Annullare l’iscrizione?',
  askStream: '{address} non riceverà più «{stream}» da {sender}.',
  askThis: '{address} non riceverà più e-mail come questa da {sender}.',
  unsubscribe: 'Annulla l’iscrizione',
  stopAll: 'Non ricevere più e-mail da {sender}',
  stopAllHint: 'Non arriveranno più nemmeno ricevute, password e simili.',
  others: 'Anche da {sender}',
  done: 'Iscrizione annullata',
  doneStream: '{address} non riceve più «{stream}» da {sender}. È possibile chiudere questa pagina.',
  doneThis: '{address} non riceve più e-mail come questa da {sender}. È possibile chiudere questa pagina.',
  doneAll: '{address} non riceve più e-mail da {sender}. È possibile chiudere questa pagina.',
  undo: 'Ripristina',
  undone: 'Ripristinato',
  undoneText: '{address} riceve le e-mail di {sender} come prima.',
  unknown: 'Questo link è sconosciuto',
  unknownText: 'È completo? Alcuni programmi di posta tagliano i link lunghi: copiarlo per intero dall’e-mail.',
};

const pt: UnsubscribeWords = {
  skip: 'Ir para o conteúdo',
  ask: 'Cancelar a subscrição?',
  askStream: '{address} deixará de receber “{stream}” de {sender}.',
  askThis: '{address} deixará de receber e-mails como este de {sender}.',
  unsubscribe: 'Cancelar a subscrição',
  stopAll: 'Não receber mais e-mails de {sender}',
  stopAllHint: 'Recibos, palavras-passe e semelhantes também deixam de chegar.',
  others: 'Também de {sender}',
  done: 'Subscrição cancelada',
  doneStream: '{address} já não recebe “{stream}” de {sender}. Pode fechar esta página.',
  doneThis: '{address} já não recebe e-mails como este de {sender}. Pode fechar esta página.',
  doneAll: '{address} já não recebe e-mails de {sender}. Pode fechar esta página.',
  undo: 'Anular',
  undone: 'Anulado',
  undoneText: '{address} recebe e-mails de {sender} como antes.',
  unknown: 'Esta ligação não é conhecida',
  unknownText: 'Está completa? Alguns programas de correio cortam ligações longas: copie-a toda do e-mail.',
};

const pl: UnsubscribeWords = {
  skip: 'Przejdź do treści',
  ask: 'Wypisać się?',
  askStream: 'Na adres {address} nie będzie już przychodzić „{stream}” od nadawcy {sender}.',
  askThis: 'Na adres {address} nie będą już przychodzić takie wiadomości od nadawcy {sender}.',
  unsubscribe: 'Wypisz mnie',
  stopAll: 'Żadnych wiadomości od nadawcy {sender}',
  stopAllHint: 'Nie będą też przychodzić potwierdzenia, hasła i podobne wiadomości.',
  others: 'Także od nadawcy {sender}',
  done: 'Wypisano',
  doneStream: 'Na adres {address} nie przychodzi już „{stream}” od nadawcy {sender}. Można zamknąć tę stronę.',
  doneThis: 'Na adres {address} nie przychodzą już takie wiadomości od nadawcy {sender}. Można zamknąć tę stronę.',
  doneAll: 'Na adres {address} nie przychodzą już wiadomości od nadawcy {sender}. Można zamknąć tę stronę.',
  undo: 'Cofnij',
  undone: 'Cofnięto',
  undoneText: 'Na adres {address} przychodzą wiadomości od nadawcy {sender} jak dotąd.',
  unknown: 'Nieznany link',
  unknownText: 'Czy jest pełny? Niektóre programy pocztowe skracają długie linki: skopiuj go w całości z wiadomości.',
};

const ar: UnsubscribeWords = {
  skip: 'انتقل إلى المحتوى',
  ask: 'هل تريد إلغاء الاشتراك؟',
  askStream: 'لن تصل «{stream}» من {sender} إلى {address} بعد الآن.',
  askThis: 'لن تصل رسائل كهذه من {sender} إلى {address} بعد الآن.',
  unsubscribe: 'إلغاء الاشتراك',
  stopAll: 'إيقاف كل الرسائل من {sender}',
  stopAllHint: 'ستتوقف أيضًا الإيصالات وكلمات المرور وما شابهها.',
  others: 'أيضًا من {sender}',
  done: 'تم إلغاء الاشتراك',
  doneStream: 'لن تصل «{stream}» من {sender} إلى {address}. يمكنك إغلاق هذه الصفحة.',
  doneThis: 'لن تصل رسائل كهذه من {sender} إلى {address}. يمكنك إغلاق هذه الصفحة.',
  doneAll: 'لن تصل أي رسائل من {sender} إلى {address}. يمكنك إغلاق هذه الصفحة.',
  undo: 'تراجع',
  undone: 'تم التراجع',
  undoneText: 'تصل الرسائل من {sender} إلى {address} كما كانت.',
  unknown: 'هذا الرابط غير معروف',
  unknownText: 'هل هو كامل؟ بعض برامج البريد تقطع الروابط الطويلة: انسخه كاملًا من الرسالة.',
};

/** The words of the page by language (ISO 639). */
export const WORDS: Readonly<Record<string, UnsubscribeWords>> = {
  ar,
  da,
  de,
  en,
  es,
  fi,
  fr,
  it,
  nb,
  nl,
  nn,
  pl,
  pt,
  sv,
};
